/** What driving a session needs of the world: doors, socket, players, memory, time. Tests give their own. */
import type { Granted } from './api';
import type { PlayerListener } from './player';
import type { SessionView } from './sessionView';
import type { SocketListener } from './viewerSocket';

export interface SessionDoor {
  requestSession(applicationId: string, clientToken: string): Promise<Granted>;
  listSessions(): Promise<SessionView[]>;
  getSession(sessionId: string): Promise<SessionView>;
  endSession(sessionId: string): Promise<SessionView>;
}

export interface SocketEnd {
  start(ticket: string | null): void;
  /** The session holds another slot than the one joined. */
  expectJoin(session: SessionView): void;
  send(text: string): void;
  check(): void;
  stop(): void;
}

/** One picture. It begins behind whatever is shown, deaf and mute. */
export interface PlayerEnd {
  readonly frames: number;
  readonly stalledFor_ms: number;
  /** Whether a picture that was there stands still in a tab that is seen. */
  readonly isStill: boolean;
  fromStreamer(text: string): void;
  /** Plays what the browser did not start by itself; called out of the viewer's click. */
  start(): void;
  setMuted(muted: boolean): void;
  /** To the front: seen, heard as `muted` says, and listening to the viewer's input. */
  show(muted: boolean): void;
  /** Over, but its last frame stays on the stage until `stop`. */
  freeze(): void;
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
  createPlayer(peer: RTCConfiguration, listener: PlayerListener): PlayerEnd;
  /** Milliseconds since the epoch. */
  now(): number;
  /** The same by the server's clock, to a second or two. */
  serverNow(): number;
  newClientToken(): string;
}

export interface LoggedEvent {
  at: number;
  name: string;
  detail: string | null;
}
