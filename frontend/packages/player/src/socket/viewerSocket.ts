/**
 * The page's end of the Viewer socket: one WebSocket at a time, reopened by itself with a fresh ticket while the media
 * flows on beside it. Says hello until welcomed, keeps the reliable channel's clock, and drops what belongs to an older
 * join.
 */
import { Problem } from '../api/problems';
import { ReliableChannel, type ChannelFrame } from './reliableChannel';
import { isRecord, type LineNews, parseEta, parseSession, type SessionView, slotKey } from '../api/sessionView';

export interface Welcome {
  session: SessionView;
  /** Grows with each accepted join of the session: a reload, a second tab. */
  joinNumber: number;
  epoch: number;
  /** ICE servers, with credentials of this join, and which ways the media may take. */
  peer: RTCConfiguration;
}

export interface SocketListener {
  /** A new join began: a player starts from nothing. Not called when a dropped socket resumes its join. */
  joined(welcome: Welcome): void;
  /** One whole signalling message of the streamer, in order. */
  message(text: string): void;
  sessionUpdated(session: SessionView): void;
  /** Another place or another forecast for one who waits. */
  lineMoved(news: LineNews): void;
  superseded(): void;
  /** The streamer's side stopped acknowledging. */
  peerGone(): void;
  /** For the viewer's eyes: whether the socket is open and welcomed. */
  connectionChanged(connected: boolean): void;
  /** No further ticket is given: the reason is final for this socket. */
  refused(problem: Problem): void;
}

/** What the socket needs of the world; tests give their own. */
export interface SocketWorld {
  open(ticket: string): WebSocket;
  requestTicket(resumeJoin: number | null): Promise<string>;
  now_ms(): number;
  setTimer(call: () => void, delay_ms: number): number;
  clearTimer(timer: number): void;
}

interface Join {
  joinNumber: number;
  epoch: number;
  /** `slotKey`: another slot may stand at the same epoch. */
  slot: string;
}

const HELLO_INTERVAL_ms = 2000;
/** API Gateway closes a socket that idles for 10 min; a ping through a Lambda costs money. */
const PING_INTERVAL_ms = 240_000;
const PONG_WAIT_ms = 10_000;
/** A socket is renewed while the old one still works, and not by all pages at once. */
const LIFETIME_SPREAD = 0.15;
const FIRST_REOPEN_ms = 250;
const LONGEST_REOPEN_ms = 8000;
/** Hellos without a welcome that fits before the socket is given up for a fresh one. */
const HELLOS_A_SOCKET = 5;
/** Frames may overtake the welcome that says which join they belong to. */
const EARLY_FRAMES = 64;

const OPEN = 1;

type TimerName = 'hello' | 'ping' | 'pong' | 'channel' | 'reopen' | 'renew';

export class ViewerSocket {
  readonly #world: SocketWorld;
  readonly #listener: SocketListener;
  readonly #lifetime_ms: number;
  #socket: WebSocket | null = null;
  #stopped = false;
  #join: Join | null = null;
  /** Of the newest session heard: an older welcome may be overtaken by the news of another slot. */
  #version = 0;
  #channel = new ReliableChannel();
  #early: Record<string, unknown>[] = [];
  #welcomed = false;
  #heardPeer = false;
  #hellos = 0;
  #failures = 0;
  #timers: Partial<Record<TimerName, number>> = {};

  constructor(world: SocketWorld, listener: SocketListener, lifetime_ms: number) {
    this.#world = world;
    this.#listener = listener;
    this.#lifetime_ms = lifetime_ms;
  }

  /** Opens with `ticket`, or with one of its own when none is at hand. */
  start(ticket: string | null): void {
    void this.#open(ticket);
  }

  /** The session got a slot (or another one): say hello until the welcome names it and its streamer speaks. */
  expectJoin(session: SessionView): void {
    if (session.slot === null || session.version < this.#version) return;
    this.#version = session.version;
    if (this.#join?.slot === slotKey(session.slot)) return;
    this.#join = null; // what the former slot still says belongs to nothing any more
    this.#channel = new ReliableChannel();
    this.#clearTimer('channel');
    this.#early = [];
    this.#hellos = 0;
    this.#heardPeer = false;
    this.#welcomed = false;
    this.#sayHello();
  }

  /** To the streamer of the join; dropped between two joins, where there is none. */
  send(text: string): void {
    if (this.#join === null) return;
    this.#write(this.#channel.send(text, this.#world.now_ms()));
    this.#scheduleChannel();
  }

  /** Finds out whether a silent socket still lives (the network changed, the laptop woke up). */
  check(): void {
    if (this.#stopped || this.#socket === null) return;
    this.#post({ kind: 'ping' });
    this.#setTimer('pong', () => this.#dropped(), PONG_WAIT_ms);
  }

  stop(): void {
    this.#stopped = true;
    this.#detach();
    for (const name of Object.keys(this.#timers)) this.#clearTimer(name as TimerName);
  }

  async #open(ticket: string | null): Promise<void> {
    try {
      const fresh = ticket ?? (await this.#world.requestTicket(this.#join?.joinNumber ?? null));
      if (!this.#stopped) this.#attach(this.#world.open(fresh));
    } catch (error) {
      if (this.#stopped) return;
      if (error instanceof Problem && !error.passing) {
        this.stop();
        this.#listener.refused(error);
      } else {
        this.#reopenLater();
      }
    }
  }

  #attach(socket: WebSocket): void {
    this.#detach();
    this.#socket = socket;
    this.#welcomed = false;
    this.#hellos = 0;
    socket.onopen = () => this.#opened();
    socket.onmessage = (event: MessageEvent) => this.#received(event.data);
    socket.onclose = () => this.#dropped();
  }

  #detach(): void {
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(1000);
  }

  #opened(): void {
    this.#sayHello();
    this.#setTimer('ping', () => this.#ping(), PING_INTERVAL_ms);
    // The successor is asked for first: the socket it replaces is let go only when there is a ticket.
    this.#setTimer('renew', () => void this.#open(null), this.#lifetime_ms * (1 - LIFETIME_SPREAD * Math.random()));
  }

  #ping(): void {
    this.check();
    this.#setTimer('ping', () => this.#ping(), PING_INTERVAL_ms);
  }

  #dropped(): void {
    if (this.#stopped) return;
    this.#detach();
    for (const name of ['hello', 'ping', 'pong', 'channel', 'renew'] as const) this.#clearTimer(name);
    this.#listener.connectionChanged(false);
    this.#reopenLater();
  }

  #reopenLater(): void {
    const delay_ms = Math.min(FIRST_REOPEN_ms * 2 ** this.#failures++, LONGEST_REOPEN_ms);
    this.#setTimer('reopen', () => void this.#open(null), delay_ms * (0.75 + Math.random() / 2));
  }

  /** Repeats itself every 2 s: a lost hello, welcome or join must not strand the viewer. */
  #sayHello(): void {
    if (this.#stopped || this.#socket?.readyState !== OPEN) return;
    if (!this.#welcomed && this.#hellos >= HELLOS_A_SOCKET) {
      this.#dropped();
      return;
    }
    this.#hellos += 1;
    this.#post({ kind: 'hello' });
    this.#setTimer('hello', () => this.#sayHello(), HELLO_INTERVAL_ms);
  }

  #received(data: unknown): void {
    const frame = typeof data === 'string' ? parseFrame(data) : null;
    if (frame === null || this.#stopped) return;
    switch (frame.kind) {
      case 'welcome':
        return this.#welcome(frame);
      case 'frame':
      case 'ack':
      case 'resend':
        return this.#receivedFromPeer(frame);
      case 'pong':
        return this.#clearTimer('pong');
      case 'sessionUpdate':
        return this.#listener.sessionUpdated(parseSession(frame.session));
      case 'eta':
        return this.#listener.lineMoved(lineNewsOf(frame));
      case 'superseded':
        this.stop();
        return this.#listener.superseded();
    }
  }

  #welcome(frame: Record<string, unknown>): void {
    const session = parseSession(frame.session);
    const { joinNumber, epoch } = frame;
    this.#failures = 0;
    this.#listener.connectionChanged(true);
    if (session.slot === null || typeof joinNumber !== 'number' || typeof epoch !== 'number') {
      // In line: nothing to join yet. `expectJoin` speaks again when there is.
      this.#welcomed = true;
      this.#clearTimer('hello');
      return this.#listener.sessionUpdated(session);
    }
    if (session.version < this.#version) return; // of the former slot, maybe: the next hello brings the right one
    this.#version = session.version;
    const resumed = this.#join?.joinNumber === joinNumber && this.#join.slot === slotKey(session.slot);
    const first = !this.#welcomed;
    this.#welcomed = true;
    if (!resumed) this.#beginJoin({ session, joinNumber, epoch, peer: parsePeer(frame) });
    else if (first) this.#write(this.#channel.resume(this.#world.now_ms()));
    if (this.#heardPeer) this.#clearTimer('hello');
    this.#scheduleChannel();
    this.#listener.sessionUpdated(session);
  }

  #beginJoin(welcome: Welcome): void {
    this.#join = { joinNumber: welcome.joinNumber, epoch: welcome.epoch, slot: slotKey(welcome.session.slot!) };
    this.#channel = new ReliableChannel();
    this.#heardPeer = false;
    const early = this.#early;
    this.#early = [];
    this.#listener.joined(welcome);
    for (const frame of early) this.#receivedFromPeer(frame);
  }

  #receivedFromPeer(frame: Record<string, unknown>): void {
    const join = this.#join;
    if (join === null || isNewer(frame, join)) {
      if (this.#early.length < EARLY_FRAMES) this.#early.push(frame);
      return;
    }
    if (!belongsTo(frame, join)) return;
    const channel = this.#channel;
    const { delivered, outgoing } = channel.receive(frame as unknown as ChannelFrame, this.#world.now_ms());
    this.#write(outgoing);
    for (const text of delivered) {
      if (!this.#heardPeer) {
        this.#heardPeer = true;
        this.#clearTimer('hello');
      }
      this.#listener.message(text);
      if (this.#stopped || this.#channel !== channel) return;
    }
    this.#scheduleChannel();
  }

  #scheduleChannel(): void {
    const at_ms = this.#channel.nextTickAt_ms();
    this.#clearTimer('channel');
    if (at_ms === null || this.#stopped || this.#socket === null) return;
    this.#setTimer('channel', () => this.#tickChannel(), Math.max(0, at_ms - this.#world.now_ms()));
  }

  #tickChannel(): void {
    this.#write(this.#channel.tick(this.#world.now_ms()));
    if (this.#channel.peerGone) this.#listener.peerGone();
    this.#scheduleChannel();
  }

  #write(frames: readonly ChannelFrame[]): void {
    for (const frame of frames) this.#post(frame);
  }

  #post(frame: object): void {
    if (this.#socket?.readyState === OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #setTimer(name: TimerName, call: () => void, delay_ms: number): void {
    this.#clearTimer(name);
    this.#timers[name] = this.#world.setTimer(call, delay_ms);
  }

  #clearTimer(name: TimerName): void {
    const timer = this.#timers[name];
    if (timer !== undefined) this.#world.clearTimer(timer);
    delete this.#timers[name];
  }
}

/** The relay stamps what it knows; a frame without a stamp cannot be older than anything. */
function belongsTo(frame: Record<string, unknown>, join: Join): boolean {
  const { epoch, joinNumber } = frame;
  return (epoch === undefined || epoch === join.epoch) && (joinNumber === undefined || joinNumber === join.joinNumber);
}

function isNewer(frame: Record<string, unknown>, join: Join): boolean {
  const { epoch, joinNumber } = frame;
  if (typeof epoch !== 'number' || typeof joinNumber !== 'number') return false;
  return epoch > join.epoch || (epoch === join.epoch && joinNumber > join.joinNumber);
}

function lineNewsOf(frame: Record<string, unknown>): LineNews {
  const { sessionId, place, eta } = frame;
  return { sessionId: String(sessionId), place: typeof place === 'number' ? place : null, eta: parseEta(eta) };
}

function parseFrame(text: string): Record<string, unknown> | null {
  try {
    const frame: unknown = JSON.parse(text);
    return isRecord(frame) && typeof frame.kind === 'string' ? frame : null;
  } catch {
    return null;
  }
}

export function parsePeer(frame: Record<string, unknown>): RTCConfiguration {
  // Whatever else a later version says, only this word may close the direct way.
  const policy = frame.iceTransportPolicy === 'relay' ? 'relay' : 'all';
  return { iceServers: parseIceServers(frame.iceServers), iceTransportPolicy: policy };
}

/** Epic's library walks `urls` as a list; a single string would be walked letter by letter. */
export function parseIceServers(value: unknown): RTCIceServer[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).map((server) => {
    const urls = Array.isArray(server.urls) ? server.urls : [server.urls];
    return { ...server, urls: urls.filter((url) => typeof url === 'string') };
  });
}
