import { describe, expect, it } from 'vitest';
import { Api } from '#player/api/api';
import { ConfigError, parseConfig } from '../../src/entry/config';
import { type Problem, problemOf } from '#player/api/problems';
import { assigned, queued } from '../sessions';

interface Call {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: unknown;
  keepalive: boolean | undefined;
}

/** A token whose owner is in these groups. */
const tokenOf = (groups: unknown): string =>
  ['{}', JSON.stringify({ sub: 'u-1', 'cognito:groups': groups }), ''].map((part) => btoa(part).replaceAll('=', '')).join('.');

function apiAnswering(...answers: (Response | 'offline')[]): { api: Api; calls: Call[]; tokens: boolean[] } {
  const calls: Call[] = [];
  const tokens: boolean[] = [];
  const fetcher = (path: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const body = typeof init.body === 'string' ? (JSON.parse(init.body) as unknown) : null;
    calls.push({
      method: init.method ?? '',
      path: String(path),
      headers: init.headers as Record<string, string>,
      body,
      keepalive: init.keepalive,
    });
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    return answer === 'offline' ? Promise.reject(new TypeError('failed to fetch')) : Promise.resolve(answer.clone());
  };
  const token = (fresh = false): Promise<string> => {
    tokens.push(fresh);
    return Promise.resolve(fresh ? 'renewed' : 'token');
  };
  return { api: new Api('/api', token, fetcher, () => Promise.resolve()), calls, tokens };
}
const json = (status: number, body: unknown): Response => new Response(JSON.stringify(body), { status });
const problemFrom = (promise: Promise<unknown>): Promise<Problem> =>
  promise.then(
    () => {
      throw new Error('no problem');
    },
    (error: Problem) => error,
  );

describe('the API client', () => {
  it('asks for a session with the token in the header and finds the ticket', async () => {
    const { api, calls } = apiAnswering(json(201, { ...assigned(), ticket: { ticket: 't-1', expiresAt: '' } }));
    const granted = await api.requestSession('demo', 'click-1');
    expect([granted.ticket, granted.session.slot?.epoch]).toEqual(['t-1', 4]);
    expect(calls[0]).toMatchObject({ method: 'POST', path: '/api/sessions', body: { applicationId: 'demo', clientToken: 'click-1' } });
    expect(calls[0]!.headers.authorization).toBe('Bearer token');
    expect(calls[0]!.path).not.toContain('token');
  });

  it('has no ticket for a queued session', async () => {
    expect((await apiAnswering(json(202, queued())).api.requestSession('demo', 'c')).ticket).toBeNull();
  });

  it('repeats the same request, same clientToken, through a bad moment', async () => {
    const { api, calls } = apiAnswering('offline', json(503, {}), json(201, assigned()));
    await api.requestSession('demo', 'click-1');
    expect(calls.map((call) => (call.body as { clientToken: string }).clientToken)).toEqual(['click-1', 'click-1', 'click-1']);
  });

  it('gives up after four tries and says so', async () => {
    const { api, calls } = apiAnswering('offline');
    expect((await problemFrom(api.listSessions())).kind).toBe('unreachable');
    expect(calls).toHaveLength(4);
  });

  it('renews the token once when it is refused, then asks to sign in again', async () => {
    const { api, calls, tokens } = apiAnswering(json(403, { message: 'Forbidden' }));
    expect((await problemFrom(api.listSessions())).kind).toBe('signInAgain');
    expect([tokens, calls.at(-1)!.headers.authorization]).toEqual([[false, true], 'Bearer renewed']);
  });

  it.each([
    {
      desc: 'in no tenant',
      groups: ['viewers'],
      kind: 'noTenant',
      says: /does not belong to an organisation on this service.*Ask the people who run this service/,
    },
    { desc: 'in no group at all', groups: undefined, kind: 'noTenant', says: /does not belong to an organisation/ },
    { desc: 'in a tenant without a name', groups: ['tenant-'], kind: 'noTenant', says: /does not belong to an organisation/ },
    {
      desc: 'in two tenants',
      groups: ['tenant-acme', 'viewers', 'tenant-demo'],
      kind: 'severalTenants',
      says: /exactly one.*tenant-acme, tenant-demo/,
    },
    { desc: 'in one tenant, whose token is bad', groups: ['tenant-acme', 'viewers'], kind: 'signInAgain', says: /sign in again/ },
  ])('tells a person $desc what is wrong, once the token is renewed', async ({ groups, kind, says }) => {
    const asked: boolean[] = [];
    const token = (fresh = false): Promise<string> => {
      asked.push(fresh);
      return Promise.resolve(tokenOf(fresh ? groups : ['tenant-old']));
    };
    const api = new Api(
      '',
      token,
      () => Promise.resolve(json(403, { message: 'Forbidden' })),
      () => Promise.resolve(),
    );
    const problem = await problemFrom(api.requestSession('demo', 'c'));
    expect([problem.kind, problem.message, asked]).toEqual([kind, expect.stringMatching(says), [false, true]]);
  });

  it('does not take a refusal that was meant, or a fault, for a missing tenant', async () => {
    const refused = (status: number, body: unknown): Promise<Problem> =>
      problemFrom(
        new Api(
          '',
          () => Promise.resolve(tokenOf([])),
          () => Promise.resolve(json(status, body)),
          () => Promise.resolve(),
        ).listSessions(),
      );
    expect((await refused(403, { type: 'https://greenroom.dev/problems/forbidden' })).kind).toBe('forbidden');
    expect((await refused(500, {})).kind).toBe('serverError');
  });

  it('does not renew the token for an application that is closed, and asks once', async () => {
    const { api, tokens } = apiAnswering(
      json(403, { type: 'https://greenroom.dev/problems/not-open', opensAt: '2026-01-31T12:00:00.000Z' }),
    );
    const problem = await problemFrom(api.requestSession('demo', 'c'));
    expect([problem.kind, problem.facts.opensAt, tokens]).toEqual(['notOpen', Date.parse('2026-01-31T12:00:00.000Z'), [false]]);
  });

  it('asks a full line once, and reads the header that says when to come back', async () => {
    const body = JSON.stringify({ type: 'https://greenroom.dev/problems/line-full' });
    const { api, calls } = apiAnswering(new Response(body, { status: 503, headers: { 'retry-after': '60' } }));
    const problem = await problemFrom(api.requestSession('demo', 'c'));
    expect([problem.kind, problem.facts.retryAfter_s, calls.length]).toEqual(['lineFull', 60, 1]);
  });

  it('ends a session with a request that survives the page', async () => {
    const { api, calls } = apiAnswering(json(202, assigned()));
    await api.endSession('ses-1');
    expect(calls[0]).toMatchObject({ method: 'DELETE', path: '/api/sessions/ses-1', keepalive: true, body: null });
  });

  it('asks to resume a join, or not', async () => {
    const { api, calls } = apiAnswering(json(201, { ticket: 't', expiresAt: '' }));
    await api.requestTicket('ses-1', 2);
    await api.requestTicket('ses-1', null);
    expect(calls.map((call) => call.body)).toEqual([{ resumeJoin: 2 }, {}]);
  });
});

describe('a problem', () => {
  const type = (name: string): string => `https://greenroom.dev/problems/${name}`;
  it.each([
    {
      desc: 'names the running session of a viewer limit',
      status: 409,
      body: { type: type('viewer-limit'), sessionId: 'ses-1' },
      kind: 'viewerLimit',
    },
    { desc: 'knows an ended session', status: 409, body: { type: type('session-ended') }, kind: 'sessionEnded' },
    { desc: 'knows a conflict', status: 409, body: { type: type('conflict') }, kind: 'conflict' },
    { desc: 'knows a refusal that was meant', status: 403, body: { type: type('forbidden') }, kind: 'forbidden' },
    { desc: 'takes a bare 403 for a bad token', status: 403, body: { message: 'Forbidden' }, kind: 'signInAgain' },
    { desc: 'takes a bare 401 for a bad token', status: 401, body: null, kind: 'signInAgain' },
    { desc: 'knows what is missing', status: 404, body: {}, kind: 'notFound' },
    { desc: 'takes throttling for a rush', status: 429, body: { message: 'Too Many Requests' }, kind: 'busy' },
    { desc: 'takes nonsense for a fault of the server', status: 502, body: '<html>', kind: 'serverError' },
  ])('$desc', ({ status, body, kind }) => {
    const problem = problemOf(status, body);
    expect(problem.kind).toBe(kind);
    expect(problem.message).toMatch(/^[A-Z].*\.$/);
  });

  it('tells which field was wrong', () => {
    expect(problemOf(400, { type: type('invalid-field'), detail: 'clientToken is too long' }).message).toContain('clientToken is too long');
  });
});

describe('the settings', () => {
  const metadata = { issuer: 'i', authorization_endpoint: 'a', token_endpoint: 't' };
  const least = { authority: 'x', clientId: 'c', applicationId: 'demo', metadata };
  it('have defaults for what is the same everywhere', () => {
    expect(parseConfig(least, 'https://play.example')).toMatchObject({
      redirectUri: 'https://play.example/',
      apiBase: '/api',
      socketPath: '/socket',
      socketLifetime_s: 6900,
      productName: 'Greenroom',
      scope: 'openid',
    });
  });
  it.each([0, -1, '60'])('refuse a socket lifetime of %s by its name', (socketLifetime_s) => {
    expect(() => parseConfig({ ...least, socketLifetime_s }, 'o')).toThrow('socketLifetime_s');
  });
  it.each(['authority', 'clientId', 'applicationId', 'metadata'])('name a missing %s', (field) => {
    expect(() => parseConfig({ ...least, [field]: undefined }, 'o')).toThrow(ConfigError);
    expect(() => parseConfig({ ...least, [field]: undefined }, 'o')).toThrow(field);
  });
});
