/**
 * How this tab is joined to its session: one Viewer socket, the pictures that come over it, and second tries. A picture
 * that was lost or never came is asked for again with a fresh join; a slot that changed, with a hello on the same socket.
 */
import { Players } from '../player/players';
import { idleWarningOf } from './presence';
import type { Problem } from '../api/problems';
import { type LineNews, type SessionView, slotKey } from '../api/sessionView';
import type { ControllerWorld, SocketEnd } from './sessionWorld';
import type { Welcome } from '../socket/viewerSocket';

/** Whoever follows the session; is told of what the socket and the pictures say. */
export interface JoinListener {
  readonly session: SessionView | null;
  /** Whether the session is still this tab's to follow. */
  readonly following: boolean;
  /** When the viewer asked for a picture that has not come yet; null once one came. */
  readonly askedAt: number | null;
  heard(session: SessionView): void;
  lineMoved(news: LineNews): void;
  firstFrame(slot: string): void;
  /** The browser does not play without a click. */
  startRefused(): void;
  /** Nothing is shown any more but a still. */
  pictureLost(): void;
  superseded(): void;
  /** The agent counts down for want of input (seconds), or no longer does (null). */
  idleWarned(endsIn_s: number | null): void;
  /** No ticket is given any more; `resumed` says whether this tab had joined before. */
  refused(problem: Problem, resumed: boolean): void;
  /** The session should be read again: what was heard may not be all. */
  doubt(): void;
  log(name: string, detail: string | null): void;
  changed(): void;
}

/** A join without a picture for this long is started over. */
const JOIN_PATIENCE_ms = 20_000;
const REJOIN_PAUSE_ms = 1500;

export class SessionJoin {
  readonly #world: ControllerWorld;
  readonly #listener: JoinListener;
  readonly #players: Players;
  #socket: SocketEnd | null = null;
  #connected = false;
  #joined = false;
  /** A hello for another slot is out: its welcome brings the next picture. */
  #expecting = false;
  /** The browser wants a click before it plays. */
  #playBlocked = false;
  /** The viewer has clicked since. */
  #tapped = false;
  #startedAt = 0;
  #rejoinAt: number | null = null;

  constructor(world: ControllerWorld, listener: JoinListener) {
    this.#world = world;
    this.#listener = listener;
    this.#players = new Players((peer, listener) => world.createPlayer(peer, listener), {
      toStreamer: (text) => this.#socket?.send(text),
      firstFrame: (slot) => this.#firstFrame(slot),
      lost: (shown, reason) => this.#lost(shown, reason),
      playBlocked: (blocked) => this.#setPlayBlocked(blocked),
      changed: () => this.#listener.changed(),
    });
  }

  get pictures(): Players {
    return this.#players;
  }
  get isOpen(): boolean {
    return this.#socket !== null;
  }
  get connected(): boolean {
    return this.#connected;
  }
  /** True once the streamer's side was told of this page; the picture is next or there. */
  get joined(): boolean {
    return this.#joined;
  }
  get playBlocked(): boolean {
    return this.#playBlocked;
  }

  open(sessionId: string, ticket: string | null): void {
    this.#closeSocket();
    const socket: SocketEnd = this.#world.openSocket(sessionId, {
      joined: (welcome) => this.#begin(welcome),
      message: (text) => this.#hear(text),
      sessionUpdated: (session) => this.#listener.heard(session),
      lineMoved: (news) => this.#listener.lineMoved(news),
      superseded: () => this.#listener.superseded(),
      peerGone: () => this.#peerGone(),
      connectionChanged: (connected) => this.#setConnected(connected),
      refused: (problem) => this.#refused(problem),
    });
    this.#socket = socket;
    this.#startedAt = this.#world.now();
    socket.start(ticket);
  }

  /** The session holds a slot that is not the one joined: says hello for it, on the socket there is. */
  follow(session: SessionView): void {
    if (this.#socket === null) return this.open(session.sessionId, null);
    this.#rejoinAt = null;
    this.#joined = false;
    this.#expecting = true;
    this.#players.dropComing();
    this.#socket.expectJoin(session);
  }

  /** To the agent of the join. */
  say(text: string): void {
    this.#socket?.send(text);
  }

  check(): void {
    this.#socket?.check();
  }

  /** The click that the browser wanted. It stays asked for until a frame is shown. */
  start(): void {
    this.#tapped = true;
    this.#startedAt = this.#world.now();
    this.#players.start();
  }

  /** Gives up the picture shown; its last frame stays. */
  losePicture(reason: string): void {
    this.#players.freeze();
    this.#lost(true, reason);
  }

  /** A socket given up (its ticket came too early) is opened again once there is a slot to join. */
  reopenIfNeeded(): void {
    if (this.#socket === null && this.#listener.following && this.#listener.session?.slot != null) this.#rejoinSoon();
  }

  /** Once a second. */
  tick(now: number): void {
    // A picture that waits for the viewer's click would wait in a new join as well.
    const waitsForClick = this.#playBlocked && !this.#tapped;
    const impatient = this.#players.isComing && !waitsForClick && now - this.#startedAt > JOIN_PATIENCE_ms;
    if (impatient || (this.#rejoinAt !== null && now >= this.#rejoinAt && this.#isWorthRejoining(now))) this.#joinAnew();
  }

  close(): void {
    this.#players.close();
    this.#closeSocket();
    this.#rejoinAt = null;
    this.#playBlocked = false;
  }

  #hear(text: string): void {
    const endsIn_s = idleWarningOf(text);
    if (endsIn_s === undefined) this.#players.fromStreamer(text);
    else this.#listener.idleWarned(endsIn_s);
  }

  #begin(welcome: Welcome): void {
    this.#listener.log('joined', `join ${welcome.joinNumber}, epoch ${welcome.epoch}`);
    this.#listener.heard(welcome.session);
    if (!this.#listener.following || welcome.session.slot === null) return;
    this.#joined = true;
    this.#expecting = false;
    this.#rejoinAt = null;
    this.#startedAt = this.#world.now();
    this.#setPlayBlocked(false);
    this.#players.begin(slotKey(welcome.session.slot), welcome.peer);
    this.#listener.changed();
  }

  #firstFrame(slot: string): void {
    this.#playBlocked = false;
    const waited_ms = this.#world.now() - (this.#listener.askedAt ?? this.#startedAt);
    this.#socket?.send(JSON.stringify({ type: 'greenroomPlaying', firstFrame_ms: Math.round(waited_ms) }));
    this.#listener.firstFrame(slot);
  }

  #lost(shown: boolean, reason: string): void {
    this.#listener.log(shown ? 'pictureLost' : 'comingPictureLost', reason);
    // The reason may be an end: give its notice a moment to come before asking for the picture again.
    if (!this.#players.isComing && !this.#expecting) this.#rejoinSoon();
    if (!this.#players.isShown) this.#listener.pictureLost();
    this.#listener.doubt();
  }

  #peerGone(): void {
    // Signalling is for the beginning; a picture that flows does not need it.
    if (this.#players.isShown && !this.#players.isComing) return;
    this.#players.dropComing();
    this.#lost(false, 'the streamer does not answer');
  }

  #rejoinSoon(): void {
    this.#joined = false;
    this.#rejoinAt ??= this.#world.now() + REJOIN_PAUSE_ms;
  }

  /** While the server looks for another slot, the old one is asked again only if its instance should still run. */
  #isWorthRejoining(now: number): boolean {
    const session = this.#listener.session;
    if (session?.slot == null) return false;
    const until = Date.parse(session.moving?.pictureUntil ?? '');
    return session.state !== 'Migrating' || now < until;
  }

  #joinAnew(): void {
    const session = this.#listener.session;
    if (session?.slot == null) return;
    this.#rejoinAt = null;
    this.#listener.log('joinAnew', null);
    this.#players.dropComing();
    this.open(session.sessionId, null);
  }

  #refused(problem: Problem): void {
    this.#listener.log('ticketRefused', problem.kind);
    const resumed = this.#joined;
    this.#closeSocket();
    this.#listener.refused(problem, resumed);
  }

  #closeSocket(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#connected = false;
    this.#joined = false;
    this.#expecting = false;
    socket?.stop();
  }

  #setConnected(connected: boolean): void {
    this.#connected = connected;
    this.#listener.log(connected ? 'socketWelcomed' : 'socketDropped', null);
    this.#listener.changed();
  }

  #setPlayBlocked(blocked: boolean): void {
    if (blocked === this.#playBlocked) return;
    this.#playBlocked = blocked;
    this.#tapped = false;
    if (blocked) this.#listener.startRefused();
    this.#listener.changed();
  }
}
