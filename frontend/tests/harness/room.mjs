// What the harness answers to a request, and the forecasts it makes up.

const iso = (in_s) => new Date(Date.now() + in_s * 1000).toISOString();

/** The refusal that a scenario stands for, if it does. */
export function refusalOf(scenario, { retryAfter_s = 42, opensIn_s = 7500, quota = 'sessionsPerDay' } = {}) {
  const refusals = {
    full: { status: 503, type: 'line-full', extra: { retryAfter_s } },
    closed: { status: 403, type: 'closed' },
    'not-open': { status: 403, type: 'not-open', extra: { opensAt: iso(opensIn_s) } },
    quota: {
      status: 429,
      type: 'quota-exceeded',
      extra: { scope: 'tenant', quota, limit: 40, retryAfter_s: 27_000, tryAgainAt: iso(27_000) },
    },
    killed: { status: 503, type: 'kill-switch', extra: { detail: 'we found a fault in the demo and mend it now' } },
  };
  return refusals[scenario] ?? null;
}

export function etaOf({ p50_s, p90_s, reason }) {
  return { p50: iso(p50_s), p90: iso(p90_s), reason, at: iso(0) };
}
