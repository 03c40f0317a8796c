/**
 * Waiting in line: what this tab knows of its place and of the time it still takes. Pure; `at` is when it was heard (ms).
 *
 * The server tells instants by its own clock. What it says at `eta.at` is heard a moment later; the smallest such delay is
 * how far this tab's clock is ahead, so a wrong clock on the viewer's side moves no forecast.
 */
import type { EtaView, LineNews, SessionView } from '../api/sessionView';

/** A forecast in this tab's clock. */
export interface Forecast {
  /** The slot is there by then in one of two cases. */
  soon: number;
  /** … in nine of ten. */
  late: number;
  reason: string | null;
  /** When it was made (server's clock): an older one never replaces it. */
  madeAt: number;
}

export interface Line {
  /** When this tab learned that it waits; after a reload, when the session was asked for. */
  since: number;
  /** 1 = next; null when the server did not say. */
  place: number | null;
  forecast: Forecast | null;
  /** How far this tab's clock is ahead of the server's, the way of a message included. */
  ahead_ms: number;
  /** When anything was heard of it last. */
  heardAt: number;
}

/** True while what is missing is a slot. */
export function isInLine(session: SessionView): boolean {
  return session.state === 'Migrating' || (session.slot === null && (session.state === 'Queued' || session.state === 'Requested'));
}

/** The line after `news`; what the news does not say stands as it was. */
export function lineOf(news: Pick<LineNews, 'place' | 'eta'>, former: Line | null, at: number): Line {
  const madeAt = Date.parse(news.eta?.at ?? '');
  const outdated = former?.forecast != null && madeAt < former.forecast.madeAt;
  const known = Number.isNaN(madeAt) ? Infinity : at - madeAt;
  const ahead_ms = Math.min(known, former?.ahead_ms ?? Infinity);
  return {
    since: former?.since ?? at,
    place: (outdated ? null : news.place) ?? former?.place ?? null,
    forecast: (news.eta === null || outdated ? null : forecastOf(news.eta, ahead_ms)) ?? former?.forecast ?? null,
    ahead_ms,
    heardAt: at,
  };
}

function forecastOf(eta: EtaView, ahead_ms: number): Forecast | null {
  const [p50, p90, madeAt] = [eta.p50, eta.p90, eta.at].map(Date.parse) as [number, number, number];
  if ([p50, p90, madeAt].some(Number.isNaN)) return null;
  return { soon: Math.min(p50, p90) + ahead_ms, late: Math.max(p50, p90) + ahead_ms, reason: eta.reason, madeAt };
}
