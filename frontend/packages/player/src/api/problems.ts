/** What went wrong, as a kind the page can act on and a sentence a person can read. */
import { isRecord } from './sessionView';

export type ProblemKind =
  | 'signInAgain'
  | 'noTenant'
  | 'severalTenants'
  | 'forbidden'
  | 'notFound'
  | 'viewerLimit'
  | 'sessionEnded'
  | 'conflict'
  | 'lineFull'
  | 'closed'
  | 'notOpen'
  | 'quotaExceeded'
  | 'killSwitch'
  | 'capacityUnavailable'
  | 'invalidField'
  | 'busy'
  | 'unreachable'
  | 'serverError';

const KIND_OF_TYPE: Readonly<Record<string, ProblemKind>> = {
  'invalid-field': 'invalidField',
  'not-found': 'notFound',
  forbidden: 'forbidden',
  'viewer-limit': 'viewerLimit',
  viewerLimit: 'viewerLimit',
  'session-ended': 'sessionEnded',
  conflict: 'conflict',
  'capacity-unavailable': 'capacityUnavailable',
  'line-full': 'lineFull',
  closed: 'closed',
  'not-open': 'notOpen',
  'quota-exceeded': 'quotaExceeded',
  'kill-switch': 'killSwitch',
  busy: 'busy',
};

const SENTENCES: Readonly<Record<ProblemKind, string>> = {
  signInAgain: 'Your sign-in has expired. Please sign in again.',
  noTenant:
    'You are signed in, but your account does not belong to an organisation on this service yet, so you cannot play. Ask the people who run this service, or the person who invited you, to add your account to an organisation. Then come back and try again.',
  severalTenants:
    'You are signed in, but your account belongs to several organisations on this service, and it must belong to exactly one. Ask the people who run this service to remove it from all of them but one. Then come back and try again.',
  forbidden: 'Your account is not allowed to do this. Sign in with another account, or ask the person who invited you.',
  notFound: 'We could not find this application or session. It may have been removed.',
  viewerLimit: 'You are already playing or waiting in line, and you can have only one session at a time.',
  sessionEnded: 'This session has already ended.',
  conflict: 'Something else, perhaps another of your tabs, changed this session at the same time. Please try again.',
  capacityUnavailable: 'No server is available right now. Please try again in a few minutes.',
  lineFull: 'The line is full. Please try again in a little while.',
  closed: 'This application is closed for now.',
  notOpen: 'This application is not open yet.',
  quotaExceeded: 'A usage limit has been reached, so no new session can start for now. Please try again later.',
  killSwitch: 'New sessions cannot be started at the moment.',
  invalidField: 'Something on this page went wrong. Reloading it usually helps.',
  busy: 'The service is very busy. Please try again in a few seconds.',
  unreachable: 'This service cannot be reached. Check your connection and try again.',
  serverError: 'Something went wrong on our side. Please try again in a moment.',
};

/** What a refusal says besides its kind. */
export interface ProblemFacts {
  retryAfter_s: number | null;
  /** Milliseconds since the epoch, the server's clock. */
  tryAgainAt: number | null;
  opensAt: number | null;
  /** Whose limit: `tenant`, `account` or `viewer-day`; which: `concurrentSessions`, `sessionsPerDay`, `gpuMinutesPerDay`. */
  scope: string | null;
  quota: string | null;
  limit: number | null;
  reason: string | null;
}

const NO_FACTS: ProblemFacts = { retryAfter_s: null, tryAgainAt: null, opensAt: null, scope: null, quota: null, limit: null, reason: null };

export class Problem extends Error {
  readonly kind: ProblemKind;
  readonly status: number;
  /** The running session of a `viewerLimit`. */
  readonly sessionId: string | null;
  /** The API's own words. Operators see them; viewers do not. */
  readonly told: string | null;
  readonly facts: ProblemFacts;

  constructor(
    kind: ProblemKind,
    status = 0,
    detail: string | null = null,
    sessionId: string | null = null,
    told: string | null = null,
    facts: ProblemFacts = NO_FACTS,
  ) {
    super(detail === null ? SENTENCES[kind] : `${SENTENCES[kind]} (${detail})`);
    this.name = 'Problem';
    this.kind = kind;
    this.status = status;
    this.sessionId = sessionId;
    this.told = told;
    this.facts = facts;
  }

  /** Whether trying again, unchanged, may succeed. */
  get passing(): boolean {
    return this.kind === 'unreachable' || this.kind === 'serverError' || this.kind === 'busy';
  }
}

/** `retryAfter` is the header of that name, in seconds, for where the body does not say it. */
export function problemOf(status: number, body: unknown, retryAfter: string | null = null): Problem {
  const record = isRecord(body) ? body : {};
  const type = typeof record.type === 'string' ? record.type.slice(record.type.lastIndexOf('/') + 1) : '';
  const sessionId = typeof record.sessionId === 'string' ? record.sessionId : null;
  const kind = KIND_OF_TYPE[type] ?? kindOfStatus(status, sessionId);
  const told = typeof record.detail === 'string' && record.detail !== '' ? record.detail : null;
  // Only a bad request has details that tell a person something the sentence does not.
  return new Problem(kind, status, kind === 'invalidField' ? told : null, sessionId, told, factsOf(record, retryAfter));
}

/**
 * Why a bare 403 came although the token was just renewed: the API's authorizer can answer nothing but that, to a bad token
 * and to a person in no tenant (or in several) alike. The refused token itself tells the two apart.
 */
export function problemOfRefusedToken(problem: Problem, tenantGroups: readonly string[] | null): Problem {
  const bare = problem.kind === 'signInAgain' && problem.status === 403;
  if (!bare || tenantGroups === null || tenantGroups.length === 1) return problem;
  if (tenantGroups.length === 0) return new Problem('noTenant', 403);
  return new Problem('severalTenants', 403, `groups ${tenantGroups.join(', ')}`);
}

function factsOf(record: Record<string, unknown>, retryAfter: string | null): ProblemFacts {
  const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
  const number = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);
  const instant = (value: unknown): number | null => number(Date.parse(text(value) ?? ''));
  return {
    retryAfter_s: number(record.retryAfter_s) ?? (retryAfter === null ? null : number(Number(retryAfter))),
    tryAgainAt: instant(record.tryAgainAt),
    opensAt: instant(record.opensAt),
    scope: text(record.scope),
    quota: text(record.quota),
    limit: number(record.limit),
    reason: text(record.reason),
  };
}

function kindOfStatus(status: number, sessionId: string | null): ProblemKind {
  // The gateway itself answers 401 or a bare 403 when the token is no good; a real refusal names its type.
  if (status === 401 || status === 403) return 'signInAgain';
  if (status === 404) return 'notFound';
  if (status === 409) return sessionId === null ? 'conflict' : 'viewerLimit';
  // The gateway's own throttling; a limit that is reached names its type.
  if (status === 429) return 'busy';
  if (status >= 500) return 'serverError';
  return 'invalidField';
}
