/** The viewer's part of the HTTP API. The access token goes into the Authorization header and nowhere else. */
import { Problem, problemOf, problemOfRefusedToken, type ProblemKind } from './problems';
import { isRecord, parseSession, type SessionView } from './sessionView';
import { tenantGroupsOf } from './tokenClaims';

export interface Granted {
  session: SessionView;
  /** Present when a slot is already reserved (a hot launch). */
  ticket: string | null;
}

/** Gives the access token; `fresh` asks for a renewed one; null means: sign in again. */
export type TokenSource = (fresh?: boolean) => Promise<string | null>;

const TRIES = 4;
const PAUSE_ms = 400;
const TOKEN_DOUBTED: readonly number[] = [401, 403];
/** Closed to any token. */
const CLOSED_KINDS: readonly ProblemKind[] = ['closed', 'notOpen'];

export class Api {
  readonly #base: string;
  readonly #token: TokenSource;
  readonly #fetch: typeof fetch;
  readonly #pause: (ms: number) => Promise<void>;
  #skew_ms = 0;

  constructor(base: string, token: TokenSource, fetcher: typeof fetch = (...call) => fetch(...call), pause = sleep) {
    this.#base = base;
    this.#token = token;
    this.#fetch = fetcher;
    this.#pause = pause;
  }

  /** How far the server's clock is ahead of this computer's, as its last answer said; to a second or two. */
  get skew_ms(): number {
    return this.#skew_ms;
  }

  /** Safe to repeat: the same `clientToken` names the same session. */
  async requestSession(applicationId: string, clientToken: string): Promise<Granted> {
    const body = await this.call('POST', '/sessions', { applicationId, clientToken });
    const ticket = isRecord(body) && isRecord(body.ticket) ? body.ticket.ticket : null;
    return { session: parseSession(body), ticket: typeof ticket === 'string' ? ticket : null };
  }

  async listSessions(): Promise<SessionView[]> {
    const body = await this.call('GET', '/sessions');
    const sessions = isRecord(body) && Array.isArray(body.sessions) ? body.sessions : [];
    return sessions.map(parseSession);
  }

  async getSession(sessionId: string): Promise<SessionView> {
    return parseSession(await this.call('GET', `/sessions/${encodeURIComponent(sessionId)}`));
  }

  /** Survives the page being closed, so that leaving and closing the tab frees the slot at once. */
  async endSession(sessionId: string): Promise<SessionView> {
    return parseSession(await this.call('DELETE', `/sessions/${encodeURIComponent(sessionId)}`, undefined, true));
  }

  /** One ticket opens one socket within 60 s. `resumeJoin` asks to go on with a join whose socket dropped. */
  async requestTicket(sessionId: string, resumeJoin: number | null): Promise<string> {
    const request = resumeJoin === null ? {} : { resumeJoin };
    const body = await this.call('POST', `/sessions/${encodeURIComponent(sessionId)}/ticket`, request);
    if (!isRecord(body) || typeof body.ticket !== 'string') throw new Problem('serverError');
    return body.ticket;
  }

  async applicationName(applicationId: string): Promise<string | null> {
    const body = await this.call('GET', `/applications/${encodeURIComponent(applicationId)}`);
    return isRecord(body) && typeof body.name === 'string' ? body.name : null;
  }

  /** Raises: Problem. Passing faults are tried again; every call of this API is safe to repeat. */
  async call(method: string, path: string, body?: unknown, keepalive = false): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#callOnce(method, path, body, keepalive);
      } catch (problem) {
        if (!(problem instanceof Problem) || !problem.passing || attempt === TRIES) throw problem;
        await this.#pause(PAUSE_ms * 2 ** (attempt - 1) * (0.5 + Math.random()));
      }
    }
  }

  async #callOnce(method: string, path: string, body: unknown, keepalive: boolean): Promise<unknown> {
    let token = await this.#currentToken(false);
    let response = await this.#send(method, path, body, keepalive, token);
    // A token may be refused before its time (a key was changed, a clock is off): one renewed try, then sign in again.
    let parsed = parseJson(await response.text());
    if (TOKEN_DOUBTED.includes(response.status) && !CLOSED_KINDS.includes(problemOf(response.status, parsed).kind)) {
      token = await this.#currentToken(true);
      response = await this.#send(method, path, body, keepalive, token);
      parsed = parseJson(await response.text());
    }
    const said = Date.parse(response.headers.get('date') ?? '');
    if (!Number.isNaN(said)) this.#skew_ms = said - Date.now();
    if (response.ok) return parsed;
    const problem = problemOf(response.status, parsed, response.headers.get('retry-after'));
    throw problemOfRefusedToken(problem, tenantGroupsOf(token));
  }

  async #currentToken(fresh: boolean): Promise<string> {
    const token = await this.#token(fresh);
    if (token === null) throw new Problem('signInAgain', 401);
    return token;
  }

  async #send(method: string, path: string, body: unknown, keepalive: boolean, token: string): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    try {
      const payload = body === undefined ? undefined : JSON.stringify(body);
      return await this.#fetch(`${this.#base}${path}`, { method, headers, keepalive, cache: 'no-store', body: payload });
    } catch {
      throw new Problem('unreachable');
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
