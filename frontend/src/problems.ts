/** What went wrong, as a kind the page can act on and a sentence a person can read. */
import { isRecord } from './sessionView';

export type ProblemKind =
  | 'signInAgain' | 'forbidden' | 'notFound' | 'viewerLimit' | 'sessionEnded' | 'conflict'
  | 'capacityUnavailable' | 'invalidField' | 'unreachable' | 'serverError';

const KIND_OF_TYPE: Readonly<Record<string, ProblemKind>> = {
  'invalid-field': 'invalidField',
  'not-found': 'notFound',
  forbidden: 'forbidden',
  'viewer-limit': 'viewerLimit',
  viewerLimit: 'viewerLimit',
  'session-ended': 'sessionEnded',
  conflict: 'conflict',
  'capacity-unavailable': 'capacityUnavailable',
};

const SENTENCES: Readonly<Record<ProblemKind, string>> = {
  signInAgain: 'Your sign-in has run out. Please sign in again.',
  forbidden: 'Your account may not do this. Sign in with another account, or ask the person who invited you.',
  notFound: 'This application or session does not exist here (any more).',
  viewerLimit: 'You are already playing. One session at a time is allowed.',
  sessionEnded: 'This session has already ended.',
  conflict: 'Something else changed this session at the same moment. Please try again.',
  capacityUnavailable: 'No machine is available right now. Please try again in a few minutes.',
  invalidField: 'The server did not understand this request. Reloading the page usually helps.',
  unreachable: 'The server cannot be reached. Check your connection and try again.',
  serverError: 'Something went wrong on our side. Please try again in a moment.',
};

export class Problem extends Error {
  readonly kind: ProblemKind;
  readonly status: number;
  /** The running session of a `viewerLimit`. */
  readonly sessionId: string | null;
  /** The server's own words, for operators; viewers are spared them. */
  readonly told: string | null;

  constructor(kind: ProblemKind, status = 0, detail: string | null = null, sessionId: string | null = null, told: string | null = null) {
    super(detail === null ? SENTENCES[kind] : `${SENTENCES[kind]} (${detail})`);
    this.name = 'Problem';
    this.kind = kind;
    this.status = status;
    this.sessionId = sessionId;
    this.told = told;
  }

  /** Worth trying again without asking anyone. */
  get passing(): boolean {
    return this.kind === 'unreachable' || this.kind === 'serverError';
  }
}

export function problemOf(status: number, body: unknown): Problem {
  const record = isRecord(body) ? body : {};
  const type = typeof record.type === 'string' ? record.type.slice(record.type.lastIndexOf('/') + 1) : '';
  const sessionId = typeof record.sessionId === 'string' ? record.sessionId : null;
  const kind = KIND_OF_TYPE[type] ?? kindOfStatus(status, sessionId);
  const told = typeof record.detail === 'string' && record.detail !== '' ? record.detail : null;
  // Only a bad request has details that tell a person something the sentence does not.
  return new Problem(kind, status, kind === 'invalidField' ? told : null, sessionId, told);
}

function kindOfStatus(status: number, sessionId: string | null): ProblemKind {
  // The gateway itself answers 401 or a bare 403 when the token is no good; a real refusal names its type.
  if (status === 401 || status === 403) return 'signInAgain';
  if (status === 404) return 'notFound';
  if (status === 409) return sessionId === null ? 'conflict' : 'viewerLimit';
  if (status === 429 || status >= 500) return 'serverError';
  return 'invalidField';
}
