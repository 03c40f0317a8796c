/**
 * Drives one viewer through a session: asks for it, waits, joins, plays, leaves. Turns what the doors and the player say
 * into events of the session machine, and the machine's states into sockets and players opened and closed.
 */
import type { Granted } from './api';
import { Problem } from './problems';
import { advance, canPlay, hasSession, initialState, type PageEvent, type PageState } from './sessionMachine';
import { isOver, type SessionView } from './sessionView';
import type { SocketListener, Welcome } from './viewerSocket';
import type { PlayerListener } from './player';

export interface SessionDoor {
  requestSession(applicationId: string, clientToken: string): Promise<Granted>;
  listSessions(): Promise<SessionView[]>;
  getSession(sessionId: string): Promise<SessionView>;
  endSession(sessionId: string): Promise<SessionView>;
}
export interface SocketEnd {
  start(ticket: string | null): void;
  expectJoin(epoch: number): void;
  send(text: string): void;
  check(): void;
  stop(): void;
}
export interface PlayerEnd {
  readonly frames: number;
  readonly stalledFor_ms: number;
  fromStreamer(text: string): void;
  setMuted(muted: boolean): void;
  stop(): void;
}
/** Which session this tab shows, so that a reload finds it again. */
export interface TabMemory {
  recall(): string | null;
  remember(sessionId: string): void;
  forget(): void;
}
export interface ControllerWorld {
  applicationId: string;
  door: SessionDoor;
  memory: TabMemory;
  openSocket(sessionId: string, listener: SocketListener): SocketEnd;
  createPlayer(iceServers: RTCIceServer[], listener: PlayerListener): PlayerEnd;
  /** Milliseconds since the epoch. */
  now(): number;
  newClientToken(): string;
}
export interface LoggedEvent {
  at: number;
  name: string;
  detail: string | null;
}

/** Pushes are hints and may be lost; the session is read again this often while no picture proves it alive. */
const POLL_WITHOUT_SOCKET_ms = 2000;
const POLL_WITH_SOCKET_ms = 10_000;
const POLL_RECONNECTING_ms = 4000;
/** A join without a picture for this long is started over. */
const JOIN_PATIENCE_ms = 20_000;
const REJOIN_PAUSE_ms = 1500;
/** No frame for this long, and the server says the peer is gone: it is. */
const STALL_ms = 3000;
const EVENTS_KEPT = 500;

export class SessionController {
  readonly #world: ControllerWorld;
  #state: PageState;
  #socket: SocketEnd | null = null;
  #player: PlayerEnd | null = null;
  #joined = false;
  #joinStartedAt = 0;
  #rejoinAt: number | null = null;
  #polledAt = 0;
  #polling = false;
  #muted = true;
  #frames = 0;
  #connected = false;
  #playBlocked = false;
  readonly #events: LoggedEvent[] = [];
  onChange: () => void = () => {};

  constructor(world: ControllerWorld) {
    this.#world = world;
    this.#state = initialState(world.now());
  }

  get state(): PageState {
    return this.#state;
  }
  get frames(): number {
    return this.#frames + (this.#player?.frames ?? 0);
  }
  get events(): readonly LoggedEvent[] {
    return this.#events;
  }
  get muted(): boolean {
    return this.#muted;
  }
  get socketConnected(): boolean {
    return this.#connected;
  }
  /** True once the streamer's side was told of this page; the picture is next. */
  get joined(): boolean {
    return this.#joined;
  }
  get playBlocked(): boolean {
    return this.#playBlocked;
  }

  /** Someone is signed in: find the session this tab had, or one that runs elsewhere. */
  async begin(): Promise<void> {
    this.#dispatch({ type: 'signedIn' });
    const remembered = this.#world.memory.recall();
    if (remembered !== null && (await this.#tryRejoin(remembered))) return;
    this.#world.memory.forget();
    try {
      const running = (await this.#world.door.listSessions()).find((session) => !isOver(session));
      if (running !== undefined) this.#dispatch({ type: 'runningFound', session: running });
    } catch (error) {
      // Not knowing of another session is no reason to keep anyone from playing; the token is.
      if (error instanceof Problem && error.kind === 'signInAgain') this.#dispatch({ type: 'refused', problem: error });
    }
  }

  async play(): Promise<void> {
    if (!canPlay(this.#state)) return;
    this.#dispatch({ type: 'playPressed' });
    const asked = this.#state.clickedAt;
    try {
      const granted = await this.#world.door.requestSession(this.#world.applicationId, this.#world.newClientToken());
      if (this.#state.name !== 'requesting' || this.#state.clickedAt !== asked) {
        // Left while the request was under way: nobody may be left holding a slot.
        void this.#end(granted.session.sessionId);
        return;
      }
      this.#dispatch({ type: 'granted', session: granted.session });
      this.#follow(granted.session, granted.ticket);
    } catch (error) {
      if (this.#state.clickedAt === asked) this.#dispatch({ type: 'refused', problem: asProblem(error) });
    }
  }

  /** Goes on with a live session, in this tab. */
  async rejoin(sessionId: string): Promise<void> {
    if (!canPlay(this.#state)) return;
    try {
      const session = await this.#world.door.getSession(sessionId);
      this.#dispatch({ type: 'rejoined', session });
      this.#follow(session, null);
    } catch (error) {
      this.#dispatch({ type: 'refused', problem: asProblem(error) });
    }
  }

  /** Leave while playing, Cancel while waiting: the same door, valid in every state. */
  leave(): void {
    const sessionId = hasSession(this.#state) ? this.#state.session?.sessionId : undefined;
    this.#dispatch({ type: 'left' });
    if (sessionId !== undefined) void this.#end(sessionId);
  }

  dismiss(): void {
    this.#dispatch({ type: 'dismissed' });
    if (this.#state.name === 'ready') void this.begin();
  }

  signedOut(): void {
    this.#world.memory.forget();
    this.#dispatch({ type: 'signedOut' });
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#player?.setMuted(muted);
    this.#changed();
  }

  /** The network changed or the machine woke up. */
  checkConnection(): void {
    this.#socket?.check();
  }

  /** Once a second: what must happen even if no message ever comes again. */
  tick(): void {
    const now = this.#world.now();
    if (this.#state.name === 'playing') {
      const gone = this.#state.session?.state === 'Disconnected' || this.#state.session?.state === 'Migrating';
      if (gone && (this.#player?.stalledFor_ms ?? Infinity) > STALL_ms) this.#losePicture('the server lost sight of this player');
    } else if (this.#state.name === 'joining' || this.#state.name === 'reconnecting') {
      const impatient = this.#joined && now - this.#joinStartedAt > JOIN_PATIENCE_ms;
      if (impatient || (this.#rejoinAt !== null && now >= this.#rejoinAt)) this.#joinAnew();
    }
    if (this.#pollDue(now)) void this.#poll();
  }

  #follow(session: SessionView, ticket: string | null): void {
    if (!hasSession(this.#state)) return;
    this.#world.memory.remember(session.sessionId);
    this.#polledAt = this.#world.now();
    this.#openSocket(session.sessionId, ticket);
  }

  #openSocket(sessionId: string, ticket: string | null): void {
    this.#closeSocket();
    const socket: SocketEnd = this.#world.openSocket(sessionId, {
      joined: (welcome) => this.#join(socket, welcome),
      message: (text) => this.#player?.fromStreamer(text),
      sessionUpdated: (session) => this.#update(session),
      superseded: () => this.#dispatch({ type: 'superseded' }),
      peerGone: () => this.#peerGone(),
      connectionChanged: (connected) => this.#setConnected(connected),
      refused: (problem) => void this.#ticketRefused(problem),
    });
    this.#socket = socket;
    this.#joinStartedAt = this.#world.now();
    socket.start(ticket);
  }

  #join(socket: SocketEnd, welcome: Welcome): void {
    this.#log('joined', `join ${welcome.joinNumber}, epoch ${welcome.epoch}`);
    this.#update(welcome.session);
    if (!hasSession(this.#state)) return;
    this.#closePlayer();
    this.#joined = true;
    this.#rejoinAt = null;
    this.#joinStartedAt = this.#world.now();
    const player = this.#world.createPlayer(welcome.iceServers, {
      toStreamer: (text) => socket.send(text),
      firstFrame: () => this.#firstFrame(socket),
      lost: (reason) => this.#losePicture(reason),
      playBlocked: () => this.#setPlayBlocked(true),
    });
    this.#player = player;
    if (!this.#muted) player.setMuted(false);
    this.#changed();
  }

  #firstFrame(socket: SocketEnd): void {
    const now = this.#world.now();
    const since = this.#state.firstFrameAt === null ? (this.#state.clickedAt ?? this.#joinStartedAt) : this.#joinStartedAt;
    socket.send(JSON.stringify({ type: 'greenroomPlaying', firstFrame_ms: Math.round(now - since) }));
    this.#playBlocked = false;
    this.#dispatch({ type: 'firstFrame' });
  }

  #losePicture(reason: string): void {
    this.#log('pictureLost', reason);
    this.#closePlayer();
    this.#joined = false;
    // The reason may be an end: give its notice a moment to come before asking for the picture again.
    this.#rejoinAt = this.#world.now() + REJOIN_PAUSE_ms;
    this.#dispatch({ type: 'pictureLost' });
    void this.#poll();
  }

  #peerGone(): void {
    // Signalling is for the beginning; a picture that flows does not need it.
    if (this.#state.name !== 'playing') this.#losePicture('the streamer does not answer');
  }

  #joinAnew(): void {
    const sessionId = this.#state.session?.sessionId;
    if (sessionId === undefined || this.#state.session?.slot == null) return;
    this.#rejoinAt = null;
    this.#log('joinAnew', null);
    this.#closePlayer();
    this.#openSocket(sessionId, null);
  }

  #update(session: SessionView): void {
    const before = this.#state;
    this.#dispatch({ type: 'sessionUpdated', session });
    const state = this.#state;
    if (state === before || !hasSession(state) || state.session?.slot == null) return;
    if (this.#socket === null) this.#openSocket(session.sessionId, null);
    else if (before.session?.slot?.epoch !== state.session.slot.epoch) this.#socket.expectJoin(state.session.slot.epoch);
  }

  /** A ticket that is refused for good says that the session is over, elsewhere, or not to be joined yet. */
  async #ticketRefused(problem: Problem): Promise<void> {
    this.#log('ticketRefused', problem.kind);
    const resumed = this.#joined;
    this.#closeSocket();
    if (problem.kind !== 'conflict' && problem.kind !== 'sessionEnded') {
      this.#dispatch({ type: 'refused', problem });
      return;
    }
    await this.#poll();
    // The session lives, but our join may not go on: a newer one took it.
    if (resumed && hasSession(this.#state) && problem.kind === 'conflict') this.#dispatch({ type: 'superseded' });
  }

  #pollDue(now: number): boolean {
    if (!hasSession(this.#state) || this.#state.name === 'playing') return false;
    const connected = this.#socket !== null && this.#connected;
    const usual_ms = connected ? POLL_WITH_SOCKET_ms : POLL_WITHOUT_SOCKET_ms;
    return now - this.#polledAt >= (this.#state.name === 'reconnecting' ? POLL_RECONNECTING_ms : usual_ms);
  }

  async #poll(): Promise<void> {
    const sessionId = this.#state.session?.sessionId;
    if (sessionId === undefined || this.#polling) return;
    this.#polling = true;
    this.#polledAt = this.#world.now();
    try {
      this.#update(await this.#world.door.getSession(sessionId));
      this.#reopenIfNeeded();
    } catch (error) {
      const problem = asProblem(error);
      if (!problem.passing && hasSession(this.#state)) this.#dispatch({ type: 'refused', problem });
    } finally {
      this.#polling = false;
    }
  }

  /** A socket given up (its ticket came too early) is opened once there is a slot to join. */
  #reopenIfNeeded(): void {
    const session = this.#state.session;
    if (this.#socket === null && hasSession(this.#state) && session?.slot != null && this.#rejoinAt === null) {
      this.#rejoinAt = this.#world.now() + REJOIN_PAUSE_ms;
    }
  }

  async #tryRejoin(sessionId: string): Promise<boolean> {
    try {
      const session = await this.#world.door.getSession(sessionId);
      if (isOver(session)) return false;
      this.#dispatch({ type: 'rejoined', session });
      this.#follow(session, null);
      return true;
    } catch {
      // Gone, not ours, or unreachable: the list of running sessions is asked next and reports what matters.
      return false;
    }
  }

  async #end(sessionId: string): Promise<void> {
    try {
      this.#update(await this.#world.door.endSession(sessionId));
    } catch (error) {
      this.#log('endFailed', asProblem(error).kind);
    }
  }

  #dispatch(event: PageEvent): void {
    const before = this.#state;
    this.#state = advance(before, event, this.#world.now());
    if (this.#state === before) return;
    if (this.#state.name !== before.name) this.#log(this.#state.name, this.#state.statusReason ?? this.#state.problem?.kind ?? null);
    if (!hasSession(this.#state) && hasSession(before)) {
      this.#closePlayer();
      this.#closeSocket();
      this.#rejoinAt = null;
      this.#world.memory.forget();
    }
    if (event.type === 'playPressed' || event.type === 'rejoined') this.#frames = 0;
    this.#changed();
  }

  #closePlayer(): void {
    if (this.#player === null) return;
    this.#frames += this.#player.frames;
    const player = this.#player;
    this.#player = null;
    player.stop();
  }

  #closeSocket(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#joined = false;
    this.#connected = false;
    socket?.stop();
  }

  #setConnected(connected: boolean): void {
    this.#connected = connected;
    this.#log(connected ? 'socketWelcomed' : 'socketDropped', null);
    this.#changed();
  }

  #setPlayBlocked(blocked: boolean): void {
    this.#playBlocked = blocked;
    this.#changed();
  }

  #log(name: string, detail: string | null): void {
    this.#events.push({ at: this.#world.now(), name, detail });
    if (this.#events.length > EVENTS_KEPT) this.#events.shift();
  }

  #changed(): void {
    this.onChange();
  }
}

function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem('serverError', 0, null);
}
