/**
 * The page's own state machine: what the viewer is doing, as far as this tab knows. Pure; `at` is when it happened (ms).
 *
 * ```
 * signedOut ── signedIn ─► ready ── playPressed ─► requesting ── granted ─► waiting ─ slot ─► joining ── firstFrame ─► playing
 *                            ▲                        │ refused               │ over            │ over       pictureLost │ ▲ firstFrame
 *                            └──── dismissed ◄─ failed ◄──────────────────────┴───► ended ◄─────┴──────── reconnecting ◄┘ ┘
 * ```
 * `superseded` (another tab took over) may come from any state with a session. `ended`, `superseded` and `failed` absorb
 * everything but the viewer's own next step.
 *
 * A move to another instance is no state of its own but a flag (`move`) on those with a session: `playing` while the old
 * picture runs, `reconnecting` when it went before the new one came.
 */
import type { Problem } from '../api/problems';
import { isInLine, type Line, lineOf } from './sessionLine';
import { moveOf, type Move, type Moved } from './sessionMove';
import { isOver, type LineNews, type SessionView } from '../api/sessionView';

export type PageStateName =
  | 'signedOut' // nobody is signed in
  | 'ready' // signed in, nothing asked for
  | 'requesting' // Play was pressed; the server has not answered
  | 'waiting' // a session exists and has no slot yet
  | 'joining' // a slot is reserved; the picture is being connected
  | 'playing' // frames arrive
  | 'reconnecting' // frames stopped; the slot is kept for the reconnect window
  | 'ended' // the session is over, and the page says why
  | 'superseded' // another tab or device plays this session now
  | 'failed'; // a request was refused or could not be made

export interface PageState {
  name: PageStateName;
  /** When this state was entered. */
  since: number;
  /** When the viewer asked for this session (Play, or the reload that rejoined it). */
  clickedAt: number | null;
  /** The browser refused to play the picture without a click, and none has been shown since. */
  unstarted: boolean;
  /** When the first frame of this join was shown. */
  firstFrameAt: number | null;
  session: SessionView | null;
  /** What failed; only in `failed`. */
  problem: Problem | null;
  /** Whether the session this tab had before a reload is still looked for; only in `ready`. */
  finding: boolean;
  /** A live session of this viewer that this tab does not show; only in `ready`. */
  running: SessionView | null;
  /** Why the session is over; only in `ended`. */
  statusReason: string | null;
  /** Whether it was this tab that ended it. */
  leftHere: boolean;
  /** Place and forecast; only while the session waits for a slot. */
  line: Line | null;
  /** The slot (`slotKey`) whose picture was shown last. */
  shownOn: string | null;
  /** The move under way; in `ended` the one it ended in. */
  move: Move | null;
  /** The last move that brought a picture. */
  moved: Moved | null;
}

export type PageEvent =
  | { type: 'signedIn'; finding?: boolean }
  | { type: 'nothingFound' }
  | { type: 'signedOut' }
  | { type: 'playPressed' }
  | { type: 'runningFound'; session: SessionView }
  /** `waited_ms`: since it was asked for, by the server's clock. */
  | { type: 'rejoined'; session: SessionView; waited_ms?: number }
  | { type: 'granted'; session: SessionView }
  | { type: 'refused'; problem: Problem }
  | { type: 'sessionUpdated'; session: SessionView }
  | { type: 'lineMoved'; news: LineNews }
  | { type: 'firstFrame'; slot: string }
  | { type: 'startRefused' }
  | { type: 'pictureLost' }
  | { type: 'superseded' }
  | { type: 'left' }
  | { type: 'dismissed' };

const WITH_SESSION: readonly PageStateName[] = ['waiting', 'joining', 'playing', 'reconnecting'];
const STARTABLE: readonly PageStateName[] = ['ready', 'ended', 'superseded', 'failed'];

export function initialState(at: number): PageState {
  return {
    name: 'signedOut',
    since: at,
    clickedAt: null,
    unstarted: false,
    firstFrameAt: null,
    session: null,
    problem: null,
    finding: false,
    running: null,
    statusReason: null,
    leftHere: false,
    line: null,
    shownOn: null,
    move: null,
    moved: null,
  };
}

/** True while a session belongs to this tab. */
export function hasSession(state: PageState): boolean {
  return WITH_SESSION.includes(state.name);
}

/** Not while a session is looked for: it would be asked for a second time. */
export function canPlay(state: PageState): boolean {
  return STARTABLE.includes(state.name) && !state.finding;
}

/** The next state; the very same object when the event changes nothing here. */
export function advance(state: PageState, event: PageEvent, at: number): PageState {
  switch (event.type) {
    case 'signedIn':
      return state.name === 'signedOut' ? { ...initialState(at), name: 'ready', finding: event.finding ?? false } : state;
    case 'nothingFound':
      return state.finding ? { ...state, finding: false } : state;
    case 'signedOut':
      return initialState(at);
    case 'playPressed':
      return canPlay(state) ? { ...initialState(at), name: 'requesting', clickedAt: at } : state;
    case 'runningFound':
      return state.name === 'ready' ? { ...state, running: event.session } : state;
    case 'rejoined':
      return STARTABLE.includes(state.name) ? comeBack(event.session, at, event.waited_ms ?? 0) : state;
    case 'granted':
      return state.name === 'requesting' ? follow(state, event.session, at) : state;
    case 'refused':
      return fail(state, event.problem, at);
    case 'sessionUpdated':
      return update(state, event.session, at);
    case 'lineMoved':
      return moveUp(state, event.news, at);
    case 'firstFrame':
      return show(state, event.slot, at);
    case 'startRefused':
      return hasSession(state) && !state.unstarted ? { ...state, unstarted: true } : state;
    case 'pictureLost':
      return state.name === 'playing' ? { ...state, name: 'reconnecting', since: at } : state;
    case 'superseded':
      return hasSession(state) ? { ...state, name: 'superseded', since: at } : state;
    case 'left':
      return leave(state, at);
    case 'dismissed':
      return canPlay(state) ? { ...initialState(at), name: 'ready' } : state;
  }
}

function follow(state: PageState, session: SessionView, at: number): PageState {
  if (isOver(session)) return { ...state, name: 'ended', since: at, session, statusReason: session.statusReason };
  return enter(withSession(state, session, at), session.slot === null ? 'waiting' : 'joining', at);
}

/** A place in line is as old as the session, not as this page. */
function comeBack(session: SessionView, at: number, waited_ms: number): PageState {
  const state = follow({ ...initialState(at), clickedAt: at }, session, at);
  return state.line === null ? state : { ...state, line: { ...state.line, since: at - waited_ms } };
}

function update(state: PageState, session: SessionView, at: number): PageState {
  if (state.session?.sessionId !== session.sessionId || session.version < state.session.version) return state;
  // The line moves without a change of the session.
  if (session.version === state.session.version) return moveUp(state, session, at);
  // Our own word (userLeft) stands until the server's reason comes.
  if (state.name === 'ended') return { ...state, session, statusReason: session.statusReason ?? state.statusReason };
  if (!hasSession(state)) return state;
  if (isOver(session)) return { ...state, name: 'ended', since: at, session, statusReason: session.statusReason };
  return enter(withSession(state, session, at), nameFor(state.name, session), at);
}

function withSession(state: PageState, session: SessionView, at: number): PageState {
  const line = isInLine(session) ? lineOf(session, state.line, at) : null;
  return { ...state, session, line, move: moveOf(session, state.shownOn, state.move, at) };
}

/** Only news of a slot still missing counts: the frame of one who waits may come after the slot did. */
function moveUp(state: PageState, news: LineNews, at: number): PageState {
  const { session } = state;
  if (session?.sessionId !== news.sessionId || !hasSession(state) || !isInLine(session)) return state;
  const line = lineOf(news, state.line, at);
  return { ...state, line, session: { ...session, place: line.place } };
}

/** Only frames make `playing`, and only their absence unmakes it: the picture outlives a late or early notice. */
function nameFor(current: PageStateName, session: SessionView): PageStateName {
  if (current === 'playing' || current === 'reconnecting') return current;
  return session.slot === null ? 'waiting' : 'joining';
}

/** A first frame of another slot than the one shown ends the move: the picture is there. */
function show(state: PageState, slot: string, at: number): PageState {
  const waited = state.name === 'joining' || state.name === 'reconnecting';
  if (state.session === null || !(waited || (state.name === 'playing' && slot !== state.shownOn))) return state;
  const arrived = state.move !== null && state.move.from !== null && slot !== state.move.from;
  return {
    ...enter(state, 'playing', at),
    unstarted: false,
    firstFrameAt: state.firstFrameAt ?? at,
    shownOn: slot,
    move: moveOf(state.session, slot, state.move, at),
    moved: arrived ? { toldAt: state.move!.toldAt, at } : state.moved,
  };
}

function leave(state: PageState, at: number): PageState {
  if (!hasSession(state) && state.name !== 'requesting') return state;
  const seen = state.firstFrameAt !== null;
  return { ...state, name: 'ended', since: at, leftHere: true, line: null, statusReason: seen ? 'userLeft' : 'cancelled' };
}

function fail(state: PageState, problem: Problem, at: number): PageState {
  if (state.name === 'ended' || state.name === 'superseded' || state.name === 'signedOut') return state;
  return { ...state, name: 'failed', since: at, problem, running: null };
}

function enter(state: PageState, name: PageStateName, at: number): PageState {
  return state.name === name ? state : { ...state, name, since: at };
}
