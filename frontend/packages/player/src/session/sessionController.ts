/**
 * Drives one viewer through a session: asks for it, waits, joins, plays, leaves. Turns what the API and the player say
 * into events of the page's state, and its states into sockets and players opened and closed.
 */
import { Presence } from './presence';
import { Problem, type ProblemKind } from '../api/problems';
import { SessionJoin, type JoinListener } from './sessionJoin';
import { advance, canPlay, hasSession, initialState, type PageEvent, type PageState } from './pageState';
import { isOver, type SessionView, slotKey } from '../api/sessionView';
import type { ControllerWorld, LoggedEvent } from './sessionWorld';

/** Pushes are hints and may be lost; the session is read again this often while no picture proves it alive. */
const POLL_WITHOUT_SOCKET_ms = 2000;
const POLL_WITH_SOCKET_ms = 10_000;
const POLL_IN_DOUBT_ms = 4000;
/** No frame for this long, and the server says the peer is gone: it is. */
const STALL_ms = 3000;
const EVENTS_KEPT = 500;
/** Refusals that pressing Play would only meet again. */
const OF_THE_PERSON: readonly ProblemKind[] = ['signInAgain', 'noTenant', 'severalTenants'];

export class SessionController {
  readonly #world: ControllerWorld;
  readonly #join: SessionJoin;
  readonly #presence: Presence;
  #state: PageState;
  #polledAt = 0;
  #polling = false;
  readonly #events: LoggedEvent[] = [];
  onChange: () => void = () => {};

  constructor(world: ControllerWorld) {
    this.#world = world;
    this.#state = initialState(world.now());
    this.#join = new SessionJoin(world, this.#listener());
    this.#presence = new Presence({ now: () => world.now(), say: (text) => this.#join.say(text), changed: () => this.#changed() });
  }

  get state(): PageState {
    return this.#state;
  }
  get frames(): number {
    return this.#join.pictures.frames;
  }
  get events(): readonly LoggedEvent[] {
    return this.#events;
  }
  get muted(): boolean {
    return this.#join.pictures.muted;
  }
  get socketConnected(): boolean {
    return this.#join.connected;
  }
  /** True once the streamer's side was told of this page; the picture is next. */
  get joined(): boolean {
    return this.#join.joined;
  }
  get playBlocked(): boolean {
    return this.#join.playBlocked;
  }

  /** How long the picture has stood still before the viewer's eyes (ms); null while it moves. */
  get stillFor_ms(): number | null {
    const { isStill, stalledFor_ms } = this.#join.pictures;
    return this.#state.name === 'playing' && isStill ? stalledFor_ms : null;
  }

  /** When the session ends for want of input; null while the viewer is thought to be there. */
  get idleEndsAt(): number | null {
    return this.#presence.endsAt;
  }

  /** The viewer did something: a key, the mouse, a touch, a gamepad, or the button that says so. */
  input(): void {
    this.#presence.input();
  }

  /** Someone is signed in: find the session this tab had, or one that runs elsewhere. */
  async begin(): Promise<void> {
    const remembered = this.#world.memory.recall();
    this.#dispatch({ type: 'signedIn', finding: remembered !== null });
    if (remembered !== null && (await this.#tryRejoin(remembered))) return;
    this.#world.memory.forget();
    this.#dispatch({ type: 'nothingFound' });
    try {
      const running = (await this.#world.api.listSessions()).find((session) => !isOver(session));
      if (running !== undefined) this.#dispatch({ type: 'runningFound', session: running });
    } catch (error) {
      // Not knowing of another session is no reason to keep anyone from playing; the token is.
      if (error instanceof Problem && OF_THE_PERSON.includes(error.kind)) this.#dispatch({ type: 'refused', problem: error });
    }
  }

  async play(): Promise<void> {
    if (!canPlay(this.#state)) return;
    this.#dispatch({ type: 'playPressed' });
    const asked = this.#state.clickedAt;
    try {
      const granted = await this.#world.api.requestSession(this.#world.applicationId, this.#world.newClientToken());
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
      this.#comeBack(await this.#world.api.getSession(sessionId));
    } catch (error) {
      this.#dispatch({ type: 'refused', problem: asProblem(error) });
    }
  }

  /** Leave while playing, Cancel while waiting: the same call, valid in every state. */
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
    this.#join.pictures.setMuted(muted);
    this.#changed();
  }

  /** The click without which the browser plays nothing. */
  start(): void {
    this.#join.start();
  }

  /** The network changed or the computer woke up. */
  checkConnection(): void {
    this.#join.check();
  }

  /** Once a second: what must happen even if no message ever comes again. */
  tick(): void {
    if (!hasSession(this.#state)) return;
    const now = this.#world.now();
    const gone = this.#state.session?.state === 'Disconnected' || this.#state.move !== null;
    if (this.#state.name === 'playing' && gone && this.#isStalled) this.#join.losePicture('the server lost sight of this player');
    this.#join.tick(now);
    this.#presence.tick();
    if (this.#pollDue(now)) void this.#poll();
  }

  get #isStalled(): boolean {
    return this.#join.pictures.stalledFor_ms > STALL_ms;
  }

  #listener(): JoinListener {
    const controller = this;
    return {
      get session() {
        return controller.#state.session;
      },
      get following() {
        return hasSession(controller.#state);
      },
      get askedAt() {
        return controller.#state.firstFrameAt === null ? controller.#state.clickedAt : null;
      },
      heard: (session) => this.#update(session),
      lineMoved: (news) => this.#dispatch({ type: 'lineMoved', news }),
      firstFrame: (slot) => this.#dispatch({ type: 'firstFrame', slot }),
      startRefused: () => this.#startRefused(),
      pictureLost: () => this.#dispatch({ type: 'pictureLost' }),
      superseded: () => this.#dispatch({ type: 'superseded' }),
      idleWarned: (endsIn_s) => this.#idleWarned(endsIn_s),
      refused: (problem, resumed) => void this.#ticketRefused(problem, resumed),
      doubt: () => void this.#poll(),
      log: (name, detail) => this.#log(name, detail),
      changed: () => this.#changed(),
    };
  }

  #startRefused(): void {
    this.#log('startRefused', null);
    this.#dispatch({ type: 'startRefused' });
  }

  #idleWarned(endsIn_s: number | null): void {
    this.#log('idleWarned', endsIn_s === null ? 'taken back' : `${endsIn_s} s`);
    this.#presence.warned(endsIn_s);
  }

  #comeBack(session: SessionView): void {
    const waited_ms = this.#world.serverNow() - Date.parse(session.requestedAt);
    this.#dispatch({ type: 'rejoined', session, waited_ms: Number.isNaN(waited_ms) ? 0 : Math.max(0, waited_ms) });
    this.#follow(session, null);
  }

  #follow(session: SessionView, ticket: string | null): void {
    if (!hasSession(this.#state)) return;
    this.#world.memory.remember(session.sessionId);
    this.#polledAt = this.#world.now();
    this.#join.open(session.sessionId, ticket);
  }

  #update(session: SessionView): void {
    const before = this.#state;
    this.#dispatch({ type: 'sessionUpdated', session });
    const state = this.#state;
    if (state === before || !hasSession(state) || state.session?.slot == null) return;
    const former = before.session?.slot ?? null;
    const changed = former === null || slotKey(former) !== slotKey(state.session.slot);
    if (changed || !this.#join.isOpen) this.#join.follow(state.session);
  }

  /** A ticket that is refused for good says that the session is over, elsewhere, or not to be joined yet. */
  async #ticketRefused(problem: Problem, resumed: boolean): Promise<void> {
    if (problem.kind !== 'conflict' && problem.kind !== 'sessionEnded') {
      this.#dispatch({ type: 'refused', problem });
      return;
    }
    await this.#poll();
    // The session lives, but our join may not go on: a newer one took it.
    if (resumed && hasSession(this.#state) && problem.kind === 'conflict') this.#dispatch({ type: 'superseded' });
  }

  #pollDue(now: number): boolean {
    return now - this.#polledAt >= this.#pollEvery_ms();
  }

  /** A picture that flows proves the session alive; one that stands still, or is about to go, proves nothing. */
  #pollEvery_ms(): number {
    const { name, move } = this.#state;
    if (name === 'playing') return move !== null || this.#isStalled ? POLL_IN_DOUBT_ms : Infinity;
    if (name === 'reconnecting') return POLL_IN_DOUBT_ms;
    return this.#join.connected ? POLL_WITH_SOCKET_ms : POLL_WITHOUT_SOCKET_ms;
  }

  async #poll(): Promise<void> {
    const sessionId = this.#state.session?.sessionId;
    if (sessionId === undefined || this.#polling) return;
    this.#polling = true;
    this.#polledAt = this.#world.now();
    try {
      this.#update(await this.#world.api.getSession(sessionId));
      this.#join.reopenIfNeeded();
    } catch (error) {
      const problem = asProblem(error);
      if (!problem.passing && hasSession(this.#state)) this.#dispatch({ type: 'refused', problem });
    } finally {
      this.#polling = false;
    }
  }

  async #tryRejoin(sessionId: string): Promise<boolean> {
    try {
      const session = await this.#world.api.getSession(sessionId);
      // A place in line that was given up while the page was away is told; nobody should wonder where it went.
      if (isOver(session) && !(session.statusReason === 'cancelled' && session.slot === null)) return false;
      if (isOver(session)) this.#world.memory.forget();
      this.#comeBack(session);
      return true;
    } catch {
      // Gone, not ours, or unreachable: the list of running sessions is asked next and reports what matters.
      return false;
    }
  }

  async #end(sessionId: string): Promise<void> {
    try {
      this.#update(await this.#world.api.endSession(sessionId));
    } catch (error) {
      this.#log('endFailed', asProblem(error).kind);
    }
  }

  #dispatch(event: PageEvent): void {
    const before = this.#state;
    this.#state = advance(before, event, this.#world.now());
    if (this.#state === before) return;
    this.#logMove(before, this.#state);
    if (event.type === 'firstFrame') this.#presence.begin();
    if (this.#state.name !== 'playing' && before.name === 'playing') this.#presence.end();
    if (this.#state.name !== before.name) this.#log(this.#state.name, this.#state.statusReason ?? this.#state.problem?.kind ?? null);
    if (!hasSession(this.#state) && hasSession(before)) {
      this.#join.close();
      this.#world.memory.forget();
    }
    if (event.type === 'playPressed' || event.type === 'rejoined') this.#join.pictures.forgetFrames();
    this.#changed();
  }

  #logMove(before: PageState, after: PageState): void {
    if (after.move !== null && after.move.toldAt !== before.move?.toldAt) this.#log('movingTold', after.move.reason);
    if (after.moved !== null && after.moved !== before.moved) this.#log('resumed', after.shownOn);
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
