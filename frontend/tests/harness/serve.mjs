// A house of cards to look at the pages in: fake sign-in, API, Viewer socket and agent on one loopback port. Never shipped.
// A browser page at /streamer plays an instance: it answers joins with a canvas as WebRTC video; /streamer?slot=i-0def.1 plays another.
// POST /harness {scenario?, retryAfter_s?, opensIn_s?, eta?: {place, p50_s, p90_s, reason}, assign?, place?, reason?, end?, endedAt?, endsIn_s?, idle?, drop?, migrate?, handOver?, operator?, fleet?, groups?: [...]} changes what happens next.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { createFleet } from './fleet.mjs';
import { etaOf, refusalOf } from './room.mjs';

const PORT = Number(process.env.PORT ?? 4810);
const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(HERE, '..', '..', 'dist');
const ORIGIN = `http://127.0.0.1:${PORT}`;
const PAGES = { '/': 'index.html', '/desk': 'desk/index.html' };
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

const fleet = createFleet();
const house = {
  operator: false,
  groups: ['viewers', 'tenant-demo'],
  scenario: 'hot',
  refusal: {},
  lossy: false,
  sessions: new Map(),
  tickets: new Map(),
  pages: new Map(),
  streamers: new Map(),
  joins: 0,
  ids: 0,
  calls: [],
  activity: [],
};

function view(session) {
  return { ...session, ticket: undefined };
}
function change(session, fields) {
  Object.assign(session, fields, { version: session.version + 1 });
  for (const page of house.pages.values()) if (page.session === session) say(page, { kind: 'sessionUpdate', session: view(session) });
}
function newSession() {
  const session = {
    sessionId: `ses-${String(++house.ids).padStart(26, 'a')}`,
    applicationId: 'demo',
    poolId: 'demo',
    state: 'Queued',
    statusReason: null,
    requestedAt: new Date().toISOString(),
    assignedAt: null,
    connectedAt: null,
    endedAt: null,
    deadlineAt: null,
    version: 1,
    slot: null,
    moving: null,
    migrations: 0,
    eta: null,
    place: 3,
    reason: 'all places are taken; a server is being started and usually needs about two minutes',
  };
  house.sessions.set(session.sessionId, session);
  return session;
}
// Every slot stands at the same epoch: they are counted per slot, and the page must not take one for another.
const slotOf = (slotId = 'i-0abc.1') => ({
  slotId,
  instanceId: slotId.split('.')[0],
  instanceType: 'g5.xlarge',
  zone: 'us-east-1a',
  market: 'spot',
  epoch: 4,
});
const streamerOf = (session) => house.streamers.get(session?.slot?.slotId);
function assign(session) {
  change(session, { state: 'Assigned', slot: slotOf(), place: null, reason: null, assignedAt: new Date().toISOString() });
}
function migrate(session, { pictureUntil_s = 105, place = null, reason = 'spotInterrupted' }) {
  const since = new Date().toISOString();
  const pictureUntil = pictureUntil_s === null ? null : new Date(Date.now() + pictureUntil_s * 1000).toISOString();
  change(session, { state: 'Migrating', migrations: session.migrations + 1, place, moving: { since, pictureUntil, reason } });
}
function handOver(session, slotId) {
  change(session, { state: 'Assigned', slot: slotOf(slotId), place: null });
}
function end(session, statusReason, endedAt = new Date().toISOString()) {
  change(session, { state: 'Ended', statusReason, endedAt });
  streamerOf(session)?.send(JSON.stringify({ type: 'playerDisconnected' }));
}
function ticketFor(session, resumeJoin) {
  const ticket = `tkt-${Math.random().toString(36).slice(2)}`;
  house.tickets.set(ticket, { session, joinNumber: resumeJoin ?? null });
  return { ticket, expiresAt: new Date(Date.now() + 60_000).toISOString() };
}
const live = () => [...house.sessions.values()].find((session) => session.state !== 'Ended');

async function api(method, path, body) {
  const problem = (status, type, extra = {}) => [status, { type: `https://greenroom.dev/problems/${type}`, title: type, status, ...extra }];
  const [, id, ticket] = /^\/sessions(?:\/([^/]+)(\/ticket)?)?$/.exec(path) ?? [];
  if (path.startsWith('/pools') || path.startsWith('/instances/'))
    return house.operator ? fleet.answer(method, path, body) : problem(403, 'forbidden');
  if (path.startsWith('/applications/')) return [200, { applicationId: 'demo', name: 'Northern Lights Demo', kind: 'demo' }];
  if (method === 'POST' && !id) {
    if (house.scenario === 'broken') return problem(500, 'internal');
    if (house.scenario === 'forbidden') return problem(403, 'forbidden');
    const refused = refusalOf(house.scenario, house.refusal);
    if (refused) return problem(refused.status, refused.type, refused.extra);
    if (live()) return problem(409, 'viewer-limit', { sessionId: live().sessionId });
    const session = newSession();
    if (house.scenario === 'queued') return [202, view(session)];
    assign(session);
    return [201, { ...view(session), ticket: ticketFor(session) }];
  }
  if (!id) return [200, { sessions: [...house.sessions.values()].reverse().map(view) }];
  const session = house.sessions.get(id);
  if (!session) return problem(404, 'not-found');
  if (method === 'DELETE') {
    if (session.state !== 'Ended') end(session, session.connectedAt ? 'userLeft' : 'cancelled');
    return [202, view(session)];
  }
  if (ticket) return session.state === 'Ended' ? problem(409, 'session-ended') : [201, ticketFor(session, body?.resumeJoin)];
  return [200, view(session)];
}

function jwt(claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256', kid: 'fake' })}.${part(claims)}.fake`;
}
function tokens() {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    sub: 'u-1',
    iss: `${ORIGIN}/pool`,
    aud: 'client',
    exp: now + 3600,
    iat: now,
    email: 'ada@example.com',
    'cognito:groups': house.operator ? ['operators', 'tenant-demo'] : house.groups,
  };
  return {
    access_token: jwt({ ...claims, token_use: 'access' }),
    id_token: jwt(claims),
    refresh_token: 'refresh',
    token_type: 'Bearer',
    expires_in: 3600,
  };
}
// As the API's authorizer: exactly one tenant, or a 403 that says nothing.
function isAdmitted(authorization) {
  const { 'cognito:groups': groups } = JSON.parse(Buffer.from(authorization.split('.')[1], 'base64url').toString());
  return groups.filter((group) => group.startsWith('tenant-')).length === 1;
}
const CONFIG = {
  authority: `${ORIGIN}/pool`,
  clientId: 'client',
  redirectUri: `${ORIGIN}/`,
  scope: 'openid email',
  applicationId: 'demo',
  apiBase: '/api',
  socketPath: '/socket',
  productName: 'Greenroom',
  metadata: {
    issuer: `${ORIGIN}/pool`,
    authorization_endpoint: `${ORIGIN}/oauth2/authorize`,
    token_endpoint: `${ORIGIN}/oauth2/token`,
    end_session_endpoint: `${ORIGIN}/logout`,
    jwks_uri: `${ORIGIN}/jwks`,
  },
};

async function readBody(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

async function handle(request, response) {
  const url = new URL(request.url, ORIGIN);
  const json = (status, value) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  if (url.pathname === '/config.json') return json(200, CONFIG);
  if (url.pathname === '/harness') return json(200, control(await readBody(request)));
  if (url.pathname === '/oauth2/token') return json(200, tokens());
  if (url.pathname === '/oauth2/authorize') {
    const back = `${url.searchParams.get('redirect_uri')}?code=fake&state=${encodeURIComponent(url.searchParams.get('state'))}`;
    return response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(`<!doctype html><title>Fake sign-in</title><a id="go" href="${back}">Sign in</a>`);
  }
  if (url.pathname === '/logout') return response.writeHead(302, { location: url.searchParams.get('logout_uri') }).end();
  if (url.pathname.startsWith('/api/')) {
    house.calls.push(`${request.method} ${url.pathname}`);
    if (!request.headers.authorization) return json(401, {});
    if (!isAdmitted(request.headers.authorization)) return json(403, { message: 'Forbidden' });
    const [status, value] = await api(request.method, url.pathname.slice(4), await readBody(request));
    return setTimeout(() => json(status, value), 150);
  }
  const name = PAGES[url.pathname] ?? normalize(url.pathname);
  const file = url.pathname === '/streamer' ? join(HERE, 'streamer.html') : join(DIST, name);
  try {
    const content = await readFile(file);
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(content);
  } catch {
    response.writeHead(404).end();
  }
}

// The line moves without a change of the session's version.
function pushEta(session, { place, ...eta }) {
  Object.assign(session, { place: place ?? session.place, eta: etaOf(eta) });
  for (const page of house.pages.values())
    if (page.session === session) say(page, { kind: 'eta', sessionId: session.sessionId, place: session.place, eta: session.eta });
}

function control(order) {
  const session = live();
  if (order.scenario) [house.scenario, house.refusal] = [order.scenario, order];
  if (order.groups) house.groups = order.groups;
  if (order.operator !== undefined) house.operator = order.operator;
  if (order.fleet) fleet.play(order.fleet);
  if (order.lossy !== undefined) house.lossy = order.lossy;
  if (order.forget) house.sessions.clear();
  if (order.place && session) change(session, { place: order.place, reason: order.reason ?? session.reason });
  if (order.eta && session) pushEta(session, order.eta);
  if (order.assign && session) assign(session);
  if (order.migrate && session) migrate(session, order.migrate);
  if (order.handOver && session) handOver(session, order.handOver);
  if (order.endsIn_s && session) change(session, { endsBy: new Date(Date.now() + order.endsIn_s * 1000).toISOString() });
  if (order.idle !== undefined && session)
    fromStreamer(session.slot.slotId, JSON.stringify({ type: 'greenroomIdle', endsIn_s: order.idle }));
  if (order.end && session) end(session, order.end, order.endedAt);
  if (order.drop) for (const page of house.pages.values()) page.socket.terminate();
  return { sessions: [...house.sessions.values()], calls: house.calls, activity: house.activity };
}

function say(page, frame) {
  if (page.socket.readyState !== 1) return;
  const relayed = frame.kind === 'frame';
  if (house.lossy && relayed && Math.random() < 0.4) return;
  page.socket.send(
    JSON.stringify(relayed ? { ...frame, sessionId: page.session.sessionId, epoch: 4, joinNumber: page.joinNumber } : frame),
  );
}

function welcomePage(page) {
  const { session } = page;
  if (session.slot && page.joinNumber === null) page.joinNumber = ++house.joins;
  for (const other of house.pages.values()) {
    if (other !== page && other.session === session && page.joinNumber !== null && other.joinNumber !== page.joinNumber)
      say(other, { kind: 'superseded' });
  }
  say(page, {
    kind: 'welcome',
    session: view(session),
    joinNumber: page.joinNumber,
    epoch: session.slot?.epoch ?? null,
    iceServers: [],
    protocolVersion: '1.3.0',
  });
  const join = `${session.slot?.slotId} ${page.joinNumber}`;
  if (session.slot && house.joined !== join) {
    house.joined = join;
    house.conversation = { slotId: session.slot.slotId, joinNumber: page.joinNumber, sent: [], received: new Set() };
    streamerOf(session)?.send(JSON.stringify({ type: 'playerConnected' }));
  }
}

function fromPage(page, frame) {
  if (frame.kind === 'hello') welcomePage(page);
  if (frame.kind === 'ping') say(page, { kind: 'pong' });
  if (frame.kind === 'resend') for (const sent of house.conversation.sent.slice(frame.from - 1)) say(page, sent);
  if (frame.kind !== 'frame') return;
  say(page, { kind: 'ack', upTo: frame.sequence });
  const { received } = house.conversation;
  if (received.has(frame.sequence)) return;
  received.add(frame.sequence);
  const { type, idle_s } = JSON.parse(frame.data);
  if (type === 'greenroomActivity') return void house.activity.push(idle_s);
  if (type === 'greenroomPlaying') change(page.session, { state: 'Connected', moving: null, connectedAt: new Date().toISOString() });
  else streamerOf(page.session)?.send(frame.data);
}

function fromStreamer(slotId, text) {
  const { sent, joinNumber } = house.conversation;
  if (slotId !== house.conversation.slotId) return;
  const frame = { kind: 'frame', sequence: sent.length + 1, part: 1, parts: 1, data: text };
  sent.push(frame);
  for (const page of house.pages.values()) if (page.joinNumber === joinNumber) say(page, frame);
}

const server = createServer((request, response) => void handle(request, response));
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket, request) => {
  const url = new URL(request.url, ORIGIN);
  if (url.pathname === '/streamer-socket') {
    const slotId = url.searchParams.get('slot') ?? 'i-0abc.1';
    house.streamers.set(slotId, socket);
    socket.on('message', (data) => fromStreamer(slotId, String(data)));
    return;
  }
  const admitted = house.tickets.get(url.searchParams.get('ticket'));
  house.tickets.delete(url.searchParams.get('ticket'));
  if (!admitted) return socket.close(4401);
  const page = { socket, ...admitted };
  house.pages.set(socket, page);
  socket.on('message', (data) => fromPage(page, JSON.parse(String(data))));
  socket.on('close', () => house.pages.delete(socket));
});
server.listen(PORT, '127.0.0.1', () => console.log(`harness on ${ORIGIN} (open ${ORIGIN}/streamer in another tab)`));
