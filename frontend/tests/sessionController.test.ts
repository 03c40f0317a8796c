import { beforeEach, describe, expect, it } from 'vitest';
import type { Granted } from '../src/api';
import type { PlayerListener } from '../src/player';
import { Problem } from '../src/problems';
import { SessionController, type PlayerEnd, type SocketEnd } from '../src/sessionController';
import type { SessionView } from '../src/sessionView';
import type { SocketListener } from '../src/viewerSocket';
import { assigned, ended, queued, SESSION_ID } from './sessions';

class FakeDoor {
  granted: Granted | Problem = { session: assigned(), ticket: 'hot' };
  current: SessionView | Problem = assigned();
  list: SessionView[] = [];
  endedIds: string[] = [];
  asked = 0;
  hold: Promise<void> = Promise.resolve();
  async requestSession(): Promise<Granted> {
    this.asked += 1;
    await this.hold;
    return orThrow(this.granted);
  }
  listSessions = (): Promise<SessionView[]> => Promise.resolve(this.list);
  getSession = async (): Promise<SessionView> => orThrow(this.current);
  endSession = (sessionId: string): Promise<SessionView> => {
    this.endedIds.push(sessionId);
    return Promise.resolve(ended('userLeft', 20));
  };
}
class FakeSocketEnd implements SocketEnd {
  ticket: string | null = null;
  started = false;
  stopped = false;
  expected: number[] = [];
  sent: string[] = [];
  constructor(readonly listener: SocketListener) {}
  start(ticket: string | null): void {
    [this.started, this.ticket] = [true, ticket];
  }
  expectJoin(epoch: number): void {
    this.expected.push(epoch);
  }
  send(text: string): void {
    this.sent.push(text);
  }
  check(): void {}
  stop(): void {
    this.stopped = true;
  }
}
class FakePlayer implements PlayerEnd {
  frames = 0;
  stalledFor_ms = 0;
  received: string[] = [];
  muted = true;
  stopped = false;
  constructor(readonly listener: PlayerListener) {}
  fromStreamer(text: string): void {
    this.received.push(text);
  }
  setMuted(muted: boolean): void {
    this.muted = muted;
  }
  stop(): void {
    this.stopped = true;
  }
}

function orThrow<T>(value: T | Problem): T {
  if (value instanceof Problem) throw value;
  return value;
}
function kept<T>(list: T[], item: T): T {
  list.push(item);
  return item;
}
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe('the session controller', () => {
  let door: FakeDoor;
  let sockets: FakeSocketEnd[];
  let players: FakePlayer[];
  let memory: string | null;
  let now: number;
  let controller: SessionController;
  const welcome = (joinNumber = 1, session = assigned()) => ({ session, joinNumber, epoch: 4, iceServers: [] });
  const last = <T>(items: T[]): T => items.at(-1)!;

  beforeEach(() => {
    [door, sockets, players, memory, now] = [new FakeDoor(), [], [], null, 1000];
    controller = new SessionController({
      applicationId: 'demo', door, now: () => now, newClientToken: () => 'click',
      memory: { recall: () => memory, remember: (id) => (memory = id), forget: () => (memory = null) },
      openSocket: (_id, listener) => kept(sockets, new FakeSocketEnd(listener)),
      createPlayer: (_ice, listener) => kept(players, new FakePlayer(listener)),
    });
  });
  async function playing(): Promise<void> {
    await controller.begin();
    await controller.play();
    last(sockets).listener.joined(welcome());
    now += 300;
    last(players).listener.firstFrame();
  }
  async function pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      now += 1000;
      controller.tick();
      await settle();
    }
  }

  it('opens the socket with the hot ticket, plays, and tells the agent of the first frame', async () => {
    await playing();
    expect([last(sockets).ticket, controller.state.name, memory]).toEqual(['hot', 'playing', SESSION_ID]);
    expect(last(sockets).sent.map((text) => JSON.parse(text) as unknown)).toEqual([{ type: 'greenroomPlaying', firstFrame_ms: 300 }]);
  });

  it('asks once however often Play is pressed', async () => {
    await controller.begin();
    await Promise.all([controller.play(), controller.play(), controller.play()]);
    expect([door.asked, sockets.length]).toEqual([1, 1]);
  });

  it('says hello for a slot that came while it waited', async () => {
    door.granted = { session: queued(), ticket: null };
    await controller.begin();
    await controller.play();
    expect([controller.state.name, last(sockets).ticket]).toEqual(['waiting', null]);
    last(sockets).listener.sessionUpdated(assigned());
    expect([controller.state.name, last(sockets).expected]).toEqual(['joining', [4]]);
  });

  it('finds the slot by asking when no ticket is given in line', async () => {
    door.granted = { session: queued(), ticket: null };
    door.current = queued();
    await controller.begin();
    await controller.play();
    last(sockets).listener.refused(new Problem('conflict', 409));
    await settle();
    expect(controller.state.name).toBe('waiting');
    door.current = assigned();
    await pass(3);
    expect([controller.state.name, sockets.length, last(sockets).started]).toEqual(['joining', 2, true]);
  });

  it('gives back a session that was granted after the viewer had left', async () => {
    let release = (): void => {};
    door.hold = new Promise((resolve) => (release = resolve));
    await controller.begin();
    const asked = controller.play();
    controller.leave();
    release();
    await asked;
    expect([controller.state.name, door.endedIds, sockets.length]).toEqual(['ended', [SESSION_ID], 0]);
  });

  it('leaves: ends the session, stops picture and socket, forgets the tab’s session', async () => {
    await playing();
    controller.leave();
    await settle();
    expect([controller.state.name, controller.state.statusReason, door.endedIds]).toEqual(['ended', 'userLeft', [SESSION_ID]]);
    expect([last(players).stopped, last(sockets).stopped, memory]).toEqual([true, true, null]);
  });

  it('joins anew when the picture is lost and the session lives', async () => {
    await playing();
    last(players).listener.lost('the network path broke');
    expect([controller.state.name, players[0]!.stopped]).toEqual(['reconnecting', true]);
    await pass(3);
    expect([sockets.length, sockets[0]!.stopped, last(sockets).ticket]).toEqual([2, true, null]);
    last(sockets).listener.joined(welcome(2));
    last(players).listener.firstFrame();
    expect([controller.state.name, players.length]).toEqual(['playing', 2]);
  });

  it('says why when the picture is lost because the session ended', async () => {
    await playing();
    door.current = ended('applicationExit');
    last(players).listener.lost('thrown out');
    await settle();
    expect([controller.state.name, controller.state.statusReason, sockets.length]).toEqual(['ended', 'applicationExit', 1]);
  });

  it('believes a Disconnected notice only when frames stopped', async () => {
    await playing();
    last(sockets).listener.sessionUpdated(assigned({ state: 'Disconnected', version: 6 }));
    await pass(2);
    expect(controller.state.name).toBe('playing');
    last(players).stalledFor_ms = 4000;
    await pass(1);
    expect(controller.state.name).toBe('reconnecting');
  });

  it('starts a join over that shows no picture', async () => {
    await controller.begin();
    await controller.play();
    last(sockets).listener.joined(welcome());
    await pass(25);
    expect(sockets.length).toBe(2);
  });

  it('rejoins after a reload without being asked', async () => {
    memory = SESSION_ID;
    await controller.begin();
    expect([controller.state.name, sockets.length]).toEqual(['joining', 1]);
  });

  it('offers a session that runs elsewhere and takes it over when asked', async () => {
    door.list = [ended('userLeft'), assigned()];
    await controller.begin();
    expect([controller.state.name, controller.state.running?.sessionId]).toEqual(['ready', SESSION_ID]);
    await controller.rejoin(SESSION_ID);
    expect(controller.state.name).toBe('joining');
  });

  it('does not rejoin a session that is over', async () => {
    memory = SESSION_ID;
    door.current = ended('reconnectionTimeout');
    await controller.begin();
    expect([controller.state.name, memory]).toEqual(['ready', null]);
  });

  it('gives way to another tab and does not come back by itself', async () => {
    await playing();
    last(sockets).listener.superseded();
    await pass(60);
    expect([controller.state.name, sockets.length, last(players).stopped, memory]).toEqual(['superseded', 1, true, null]);
    expect(door.endedIds).toEqual([]);
  });

  it('is superseded when its join may not be resumed though the session lives', async () => {
    await playing();
    last(sockets).listener.refused(new Problem('conflict', 409));
    await settle();
    expect(controller.state.name).toBe('superseded');
  });

  it('shows what was refused', async () => {
    door.granted = new Problem('viewerLimit', 409, null, 'ses-other');
    await controller.begin();
    await controller.play();
    expect([controller.state.name, controller.state.problem?.sessionId]).toEqual(['failed', 'ses-other']);
  });

  it('counts frames over every join of the session', async () => {
    await playing();
    last(players).frames = 40;
    last(players).listener.lost('broke');
    await pass(2);
    last(sockets).listener.joined(welcome(2));
    last(players).frames = 2;
    expect(controller.frames).toBe(42);
  });
});
