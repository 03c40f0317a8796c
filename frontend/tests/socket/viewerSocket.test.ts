import { beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '#player/api/problems';
import { ViewerSocket, parseIceServers, parsePeer, type SocketListener, type Welcome } from '#player/socket/viewerSocket';
import { assigned, handedOver, migrating, queued } from '../sessions';

/** A WebSocket whose far end is the test. */
class FakeSocket {
  readyState = 0;
  sent: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  closed = false;
  constructor(readonly ticket: string) {}
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(): void {
    this.closed = true;
    this.readyState = 3;
  }
  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  drop(): void {
    this.readyState = 3;
    this.onclose?.();
  }
  say(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  kinds(): unknown[] {
    return this.sent.map((frame) => frame.kind);
  }
}

class FakeWorld {
  now = 0;
  sockets: FakeSocket[] = [];
  ticketsAskedWith: (number | null)[] = [];
  refusal: Problem | null = null;
  #timers = new Map<number, { at: number; call: () => void }>();
  #ids = 0;
  open = (ticket: string): WebSocket => {
    const socket = new FakeSocket(ticket);
    this.sockets.push(socket);
    return socket as unknown as WebSocket;
  };
  requestTicket = (resumeJoin: number | null): Promise<string> => {
    this.ticketsAskedWith.push(resumeJoin);
    return this.refusal === null ? Promise.resolve(`ticket-${this.ticketsAskedWith.length}`) : Promise.reject(this.refusal);
  };
  now_ms = (): number => this.now;
  setTimer = (call: () => void, delay_ms: number): number => {
    this.#timers.set(++this.#ids, { at: this.now + delay_ms, call });
    return this.#ids;
  };
  clearTimer = (timer: number): void => {
    this.#timers.delete(timer);
  };
  get timers(): number {
    return this.#timers.size;
  }
  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      const due = [...this.#timers.entries()].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (due === undefined) break;
      this.#timers.delete(due[0]);
      this.now = Math.max(this.now, due[1].at);
      due[1].call();
      await settle();
    }
    this.now = end;
  }
  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }
}

class Heard implements SocketListener {
  joins: Welcome[] = [];
  messages: string[] = [];
  log: string[] = [];
  joined = (welcome: Welcome): void => void this.joins.push(welcome);
  message = (text: string): void => void this.messages.push(text);
  sessionUpdated = (session: { state: string }): void => void this.log.push(`update ${session.state}`);
  lineMoved = (news: { place: number | null; eta: { p90: string } | null }): void =>
    void this.log.push(`line ${news.place} ${news.eta?.p90 ?? 'unknown'}`);
  superseded = (): void => void this.log.push('superseded');
  peerGone = (): void => void this.log.push('peerGone');
  connectionChanged = (connected: boolean): void => void this.log.push(connected ? 'connected' : 'dropped');
  refused = (problem: Problem): void => void this.log.push(`refused ${problem.kind}`);
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
};
const welcome = (joinNumber: number | null = 1, session = assigned()): object => ({
  kind: 'welcome',
  session,
  joinNumber,
  epoch: session.slot?.epoch ?? null,
  iceServers: [],
  protocolVersion: '1.3.0',
});
const frame = (sequence: number, text: string, stamp: object = {}): object => ({
  kind: 'frame',
  sequence,
  part: 1,
  parts: 1,
  data: text,
  epoch: 4,
  joinNumber: 1,
  ...stamp,
});

describe('how a join is connected', () => {
  const relay = { urls: ['turn:a', 7], username: '1:ses-1', credential: 'x' };
  it('takes the ICE servers with their credentials, and insists on the relay only where it is told so', () => {
    expect(parsePeer({ iceServers: [{ urls: 'stun:a' }, relay], iceTransportPolicy: 'relay' })).toEqual({
      iceServers: [{ urls: ['stun:a'] }, { ...relay, urls: ['turn:a'] }],
      iceTransportPolicy: 'relay',
    });
    expect(parsePeer({ iceServers: null, iceTransportPolicy: 'sometimes' })).toEqual({ iceServers: [], iceTransportPolicy: 'all' });
  });
});

describe('the viewer socket', () => {
  let world: FakeWorld;
  let heard: Heard;
  let viewer: ViewerSocket;
  async function begin(ticket: string | null = 'hot'): Promise<void> {
    viewer.start(ticket);
    await settle();
    world.socket.open();
  }
  beforeEach(() => {
    world = new FakeWorld();
    heard = new Heard();
    viewer = new ViewerSocket(world, heard, 7_200_000);
  });

  it('uses the ticket it was given and asks for one otherwise', async () => {
    await begin('hot');
    expect([world.socket.ticket, world.ticketsAskedWith]).toEqual(['hot', []]);
    const other = new FakeWorld();
    new ViewerSocket(other, heard, 7_200_000).start(null);
    await settle();
    expect(other.ticketsAskedWith).toEqual([null]);
  });

  it('says hello every 2 s until welcomed, and again until the offer came', async () => {
    await begin();
    await world.pass(4100);
    expect(world.socket.kinds()).toEqual(['hello', 'hello', 'hello']);
    world.socket.say(welcome());
    await world.pass(2100);
    expect(world.socket.kinds().filter((kind) => kind === 'hello')).toHaveLength(4);
    world.socket.say(frame(1, 'offer'));
    await world.pass(10_000);
    expect(world.socket.kinds().filter((kind) => kind === 'hello')).toHaveLength(4);
    expect([heard.joins.length, heard.messages]).toEqual([1, ['offer']]);
  });

  it('keeps frames that overtake the welcome', async () => {
    await begin();
    world.socket.say(frame(1, 'offer'));
    expect(heard.messages).toEqual([]);
    world.socket.say(welcome());
    expect(heard.messages).toEqual(['offer']);
  });

  it('drops what belongs to an older join or an older holder of the slot', async () => {
    await begin();
    world.socket.say(welcome(2));
    world.socket.say(frame(1, 'stale', { joinNumber: 1 }));
    world.socket.say(frame(1, 'stale', { joinNumber: 2, epoch: 3 }));
    world.socket.say(frame(1, 'fresh', { joinNumber: 2 }));
    expect(heard.messages).toEqual(['fresh']);
  });

  it('resumes its join after a drop: fresh ticket, same player, open messages again', async () => {
    await begin();
    world.socket.say(welcome());
    world.socket.say(frame(1, 'offer'));
    viewer.send('answer');
    world.socket.drop();
    expect(heard.log).toContain('dropped');
    await world.pass(500);
    expect(world.ticketsAskedWith).toEqual([1]);
    world.socket.open();
    world.socket.say(welcome());
    expect(heard.joins).toHaveLength(1);
    expect(world.socket.sent.find((sent) => sent.kind === 'frame')).toMatchObject({ sequence: 1, data: 'answer' });
  });

  it('begins a new join when the server will not resume', async () => {
    await begin();
    world.socket.say(welcome(1));
    world.socket.drop();
    await world.pass(500);
    world.socket.open();
    world.socket.say(welcome(2));
    expect(heard.joins.map((join) => join.joinNumber)).toEqual([1, 2]);
  });

  it('waits in line silently and joins when a slot comes', async () => {
    await begin();
    world.socket.say(welcome(null, queued()));
    await world.pass(30_000);
    expect(world.socket.kinds()).toEqual(['hello']);
    viewer.expectJoin(assigned());
    expect(world.socket.kinds()).toEqual(['hello', 'hello']);
    world.socket.say(welcome());
    expect(heard.joins).toHaveLength(1);
  });

  it('says hello on the same socket for another slot, and begins its join though epoch and join number are the same', async () => {
    await begin();
    world.socket.say(welcome());
    world.socket.say(frame(1, 'offer'));
    viewer.send('answer');
    world.socket.say(frame(2, 'candidate of the old instance'));
    viewer.expectJoin(handedOver());
    viewer.send('what the old player still says');
    expect(world.socket.kinds().filter((kind) => kind === 'hello')).toHaveLength(2);
    world.socket.say(welcome(1, handedOver()));
    world.socket.say(frame(1, 'offer of the new instance'));
    expect(heard.joins.map((join) => join.session.slot?.slotId)).toEqual(['i-0abc.1', 'i-0def.1']);
    expect(heard.messages.at(-1)).toBe('offer of the new instance');
    viewer.send('new answer');
    const sent = world.socket.sent.filter((each) => each.kind === 'frame');
    expect(sent.map((each) => [each.sequence, each.data])).toEqual([
      [1, 'answer'],
      [1, 'new answer'],
    ]);
    expect([world.sockets.length, world.ticketsAskedWith]).toEqual([1, []]);
  });

  it('drops a welcome of the former slot that the news of the new one overtook', async () => {
    await begin();
    world.socket.say(welcome());
    viewer.expectJoin(handedOver());
    world.socket.say(welcome(1, migrating()));
    expect(heard.joins).toHaveLength(1);
    await world.pass(2100);
    world.socket.say(welcome(1, handedOver()));
    expect(heard.joins).toHaveLength(2);
  });

  it('asks for a fresh ticket for another slot only when its socket is closed', async () => {
    await begin();
    world.socket.say(welcome());
    world.socket.drop();
    viewer.expectJoin(handedOver());
    await world.pass(500);
    expect(world.ticketsAskedWith).toEqual([null]);
    world.socket.open();
    world.socket.say(welcome(2, handedOver()));
    expect(heard.joins).toHaveLength(2);
  });

  it('takes a fresh socket when its hellos are not answered', async () => {
    await begin();
    await world.pass(11_000);
    expect(world.sockets).toHaveLength(2);
  });

  it('tells of the line, with and without a forecast', async () => {
    await begin();
    const eta = { p50: '2026-01-31T12:01:00.000Z', p90: '2026-01-31T12:02:00.000Z', reason: 'two ahead', at: '2026-01-31T12:00:00.000Z' };
    world.socket.say({ kind: 'eta', sessionId: 'ses-1', place: 3, eta });
    world.socket.say({ kind: 'eta', sessionId: 'ses-1', place: 2, eta: null });
    expect(heard.log.slice(-2)).toEqual(['line 3 2026-01-31T12:02:00.000Z', 'line 2 unknown']);
  });

  it('stops for good when superseded', async () => {
    await begin();
    world.socket.say(welcome());
    world.socket.say({ kind: 'superseded' });
    await world.pass(60_000);
    expect([world.sockets.length, world.timers, world.socket.closed]).toEqual([1, 0, true]);
    expect(heard.log.at(-1)).toBe('superseded');
  });

  it('stops for good when no ticket is given any more, but tries on while the network is down', async () => {
    await begin();
    world.socket.say(welcome());
    world.refusal = new Problem('unreachable');
    world.socket.drop();
    await world.pass(30_000);
    expect(world.ticketsAskedWith.length).toBeGreaterThan(3);
    world.refusal = new Problem('sessionEnded');
    await world.pass(20_000);
    expect([heard.log.at(-1), world.timers]).toEqual(['refused sessionEnded', 0]);
  });

  it('pings within the gateway’s 10 minutes and gives up a socket that does not answer', async () => {
    await begin();
    world.socket.say(welcome());
    world.socket.say(frame(1, 'offer'));
    await world.pass(250_000);
    expect(world.socket.kinds()).toContain('ping');
    expect(world.sockets[0]!.closed).toBe(true);
  });

  it('renews itself before the gateway would close it, without a blink and in the same join', async () => {
    viewer = new ViewerSocket(world, heard, 60_000);
    await begin();
    world.socket.say(welcome());
    viewer.send('answer');
    await world.pass(50_000);
    expect(world.sockets.length).toBe(1);
    await world.pass(11_000);
    expect([world.sockets.length, world.ticketsAskedWith, world.sockets[0]!.closed]).toEqual([2, [1], true]);
    world.sockets[0]!.say({ kind: 'superseded' }); // what the gateway still says to the socket that was replaced
    world.socket.open();
    world.socket.say(welcome());
    world.socket.say(frame(1, 'still here'));
    expect([heard.log.includes('dropped'), heard.log.includes('superseded'), heard.joins.length, heard.messages]).toEqual([
      false,
      false,
      1,
      ['still here'],
    ]);
    expect(world.socket.sent.filter(({ kind }) => kind === 'frame').map(({ data }) => data)).toEqual(['answer']);
    await world.pass(61_000);
    expect(world.sockets.length).toBe(3);
  });

  it('keeps the socket it has while no ticket for its successor is to be had', async () => {
    viewer = new ViewerSocket(world, heard, 60_000);
    await begin();
    world.socket.say(welcome());
    world.socket.say(frame(1, 'offer'));
    world.refusal = new Problem('unreachable');
    await world.pass(65_000);
    expect([world.sockets.length, world.sockets[0]!.closed, heard.log.includes('dropped')]).toEqual([1, false, false]);
    world.refusal = null;
    await world.pass(20_000);
    expect([world.sockets.length, heard.log.includes('dropped')]).toEqual([2, false]);
  });

  it('survives frames that are no frames', async () => {
    await begin();
    for (const text of ['', '[]', '{"kind":7}', '{"kind":"later"}']) world.socket.onmessage?.({ data: text });
    expect(heard.log).toEqual([]);
  });
});

describe('ice servers', () => {
  it('become lists, which the library walks', () => {
    expect(parseIceServers([{ urls: 'stun:a' }, { urls: ['turn:b'], username: 'u', credential: 'c' }, 7])).toEqual([
      { urls: ['stun:a'] },
      { urls: ['turn:b'], username: 'u', credential: 'c' },
    ]);
  });
});
