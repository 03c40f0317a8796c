/** A house around the session controller: API, sockets and players whose far ends are the test. */
import type { Granted } from '#player/api/api';
import type { PlayerEnd, PlayerListener } from '#player/player/playerEnd';
import { Problem } from '#player/api/problems';
import { SessionController } from '#player/session/sessionController';
import type { SessionView } from '#player/api/sessionView';
import type { SocketEnd } from '#player/session/sessionWorld';
import type { SocketListener, Welcome } from '#player/socket/viewerSocket';
import { assigned, ended } from './sessions';

export class FakeApi {
  granted: Granted | Problem = { session: assigned(), ticket: 'hot' };
  current: SessionView | Problem = assigned();
  list: SessionView[] = [];
  endedIds: string[] = [];
  asked = 0;
  reads = 0;
  hold: Promise<void> = Promise.resolve();
  async requestSession(): Promise<Granted> {
    this.asked += 1;
    await this.hold;
    return orThrow(this.granted);
  }
  listSessions = (): Promise<SessionView[]> => Promise.resolve(this.list);
  getSession = async (): Promise<SessionView> => {
    this.reads += 1;
    return orThrow(this.current);
  };
  endSession = (sessionId: string): Promise<SessionView> => {
    this.endedIds.push(sessionId);
    return Promise.resolve(ended('userLeft', 20));
  };
}

export class FakeSocketEnd implements SocketEnd {
  ticket: string | null = null;
  started = false;
  stopped = false;
  /** The slots it was told to say hello for. */
  expected: (string | undefined)[] = [];
  sent: string[] = [];
  constructor(readonly listener: SocketListener) {}
  start(ticket: string | null): void {
    [this.started, this.ticket] = [true, ticket];
  }
  expectJoin(session: SessionView): void {
    this.expected.push(session.slot?.slotId);
  }
  send(text: string): void {
    this.sent.push(text);
  }
  check(): void {}
  stop(): void {
    this.stopped = true;
  }
}

export class FakePlayer implements PlayerEnd {
  frames = 0;
  stalledFor_ms = 0;
  isStill = false;
  /** How often the viewer's click started it. */
  starts = 0;
  received: string[] = [];
  muted = true;
  /** `coming`, `shown`, `frozen` or `stopped`. */
  stands = 'coming';
  constructor(readonly listener: PlayerListener) {}
  fromStreamer(text: string): void {
    this.received.push(text);
  }
  start(): void {
    this.starts += 1;
  }
  setMuted(muted: boolean): void {
    this.muted = muted;
  }
  show(muted: boolean): void {
    [this.stands, this.muted] = ['shown', muted];
  }
  freeze(): void {
    this.stands = 'frozen';
  }
  stop(): void {
    this.stands = 'stopped';
  }
}

export class FakeHouse {
  api = new FakeApi();
  sockets: FakeSocketEnd[] = [];
  players: FakePlayer[] = [];
  memory: string | null = null;
  now = 1000;
  skew_ms = 0;
  readonly controller = new SessionController({
    applicationId: 'demo',
    api: this.api,
    now: () => this.now,
    serverNow: () => this.now + this.skew_ms,
    newClientToken: () => 'click',
    memory: { recall: () => this.memory, remember: (id) => (this.memory = id), forget: () => (this.memory = null) },
    openSocket: (_id, listener) => kept(this.sockets, new FakeSocketEnd(listener)),
    createPlayer: (_ice, listener) => kept(this.players, new FakePlayer(listener)),
  });

  get socket(): FakeSocketEnd {
    return last(this.sockets);
  }
  get player(): FakePlayer {
    return last(this.players);
  }
  get stands(): string[] {
    return this.players.map((player) => player.stands);
  }

  async playing(): Promise<void> {
    await this.controller.begin();
    await this.controller.play();
    this.socket.listener.joined(welcome());
    this.now += 300;
    this.player.listener.firstFrame();
  }

  /** The server pushes the session as it stands now, and reads would show the same. */
  told(session: SessionView): void {
    this.api.current = session;
    this.socket.listener.sessionUpdated(session);
  }

  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.now += 1000;
      this.controller.tick();
      await settle();
    }
  }
}

export function welcome(joinNumber = 1, session = assigned()): Welcome {
  return { session, joinNumber, epoch: session.slot?.epoch ?? 0, peer: { iceServers: [] } };
}
export const last = <T>(items: T[]): T => items.at(-1)!;
export const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

function orThrow<T>(value: T | Problem): T {
  if (value instanceof Problem) throw value;
  return value;
}
function kept<T>(list: T[], item: T): T {
  list.push(item);
  return item;
}
