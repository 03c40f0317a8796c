/** What driving a session needs of the world: API, socket, players, memory, time. Tests give their own. */
import type { Granted } from '../api/api';
import type { PlayerEnd, PlayerListener } from '../player/playerEnd';
import type { SessionView } from '../api/sessionView';
import type { SocketListener } from '../socket/viewerSocket';

export interface SessionApi {
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

/** Which session this tab shows, so that a reload finds it again. */
export interface TabMemory {
  recall(): string | null;
  remember(sessionId: string): void;
  forget(): void;
}

export interface ControllerWorld {
  applicationId: string;
  api: SessionApi;
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
