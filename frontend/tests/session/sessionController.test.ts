import { beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '#player/api/problems';
import { FakeHouse, settle, welcome } from '../fakeHouse';
import { assigned, ended, queued, SESSION_ID } from '../sessions';

describe('the session controller', () => {
  let house: FakeHouse;
  beforeEach(() => (house = new FakeHouse()));

  it('opens the socket with the hot ticket, plays, and tells the agent of the first frame', async () => {
    await house.playing();
    expect([house.socket.ticket, house.controller.state.name, house.memory]).toEqual(['hot', 'playing', SESSION_ID]);
    expect(house.socket.sent.map((text) => JSON.parse(text) as unknown)).toEqual([{ type: 'greenroomPlaying', firstFrame_ms: 300 }]);
  });

  it('asks once however often Play is pressed', async () => {
    await house.controller.begin();
    await Promise.all([house.controller.play(), house.controller.play(), house.controller.play()]);
    expect([house.api.asked, house.sockets.length]).toEqual([1, 1]);
  });

  it('says hello for a slot that came while it waited', async () => {
    house.api.granted = { session: queued(), ticket: null };
    await house.controller.begin();
    await house.controller.play();
    expect([house.controller.state.name, house.socket.ticket]).toEqual(['waiting', null]);
    house.socket.listener.sessionUpdated(assigned());
    expect([house.controller.state.name, house.socket.expected]).toEqual(['joining', ['i-0abc.1']]);
  });

  it('finds the slot by asking when no ticket is given in line', async () => {
    house.api.granted = { session: queued(), ticket: null };
    house.api.current = queued();
    await house.controller.begin();
    await house.controller.play();
    house.socket.listener.refused(new Problem('conflict', 409));
    await settle();
    expect(house.controller.state.name).toBe('waiting');
    house.api.current = assigned();
    await house.pass(3);
    expect([house.controller.state.name, house.sockets.length, house.socket.started]).toEqual(['joining', 2, true]);
  });

  it('gives back a session that was granted after the viewer had left', async () => {
    let release = (): void => {};
    house.api.hold = new Promise((resolve) => (release = resolve));
    await house.controller.begin();
    const asked = house.controller.play();
    house.controller.leave();
    release();
    await asked;
    expect([house.controller.state.name, house.api.endedIds, house.sockets.length]).toEqual(['ended', [SESSION_ID], 0]);
  });

  it('leaves: ends the session, stops picture and socket, forgets the tab’s session', async () => {
    await house.playing();
    house.controller.leave();
    await settle();
    expect([house.controller.state.name, house.controller.state.statusReason, house.api.endedIds]).toEqual([
      'ended',
      'userLeft',
      [SESSION_ID],
    ]);
    expect([house.player.stands === 'stopped', house.socket.stopped, house.memory]).toEqual([true, true, null]);
  });

  it('joins anew when the picture is lost and the session lives', async () => {
    await house.playing();
    house.player.listener.lost('the network path broke');
    expect([house.controller.state.name, house.players[0]!.stands]).toEqual(['reconnecting', 'frozen']);
    await house.pass(3);
    expect([house.sockets.length, house.sockets[0]!.stopped, house.socket.ticket]).toEqual([2, true, null]);
    house.socket.listener.joined(welcome(2));
    house.player.listener.firstFrame();
    expect([house.controller.state.name, house.players.length]).toEqual(['playing', 2]);
  });

  it('says why when the picture is lost because the session ended', async () => {
    await house.playing();
    house.api.current = ended('applicationExit');
    house.player.listener.lost('thrown out');
    await settle();
    expect([house.controller.state.name, house.controller.state.statusReason, house.sockets.length]).toEqual([
      'ended',
      'applicationExit',
      1,
    ]);
  });

  it('believes a Disconnected notice only when frames stopped', async () => {
    await house.playing();
    house.socket.listener.sessionUpdated(assigned({ state: 'Disconnected', version: 6 }));
    await house.pass(2);
    expect(house.controller.state.name).toBe('playing');
    house.player.stalledFor_ms = 4000;
    await house.pass(1);
    expect(house.controller.state.name).toBe('reconnecting');
  });

  it('starts a join over that shows no picture', async () => {
    await house.controller.begin();
    await house.controller.play();
    house.socket.listener.joined(welcome());
    await house.pass(25);
    expect(house.sockets.length).toBe(2);
  });

  it('rejoins after a reload without being asked', async () => {
    house.memory = SESSION_ID;
    await house.controller.begin();
    expect([house.controller.state.name, house.sockets.length]).toEqual(['joining', 1]);
  });

  it('offers a session that runs elsewhere and takes it over when asked', async () => {
    house.api.list = [ended('userLeft'), assigned()];
    await house.controller.begin();
    expect([house.controller.state.name, house.controller.state.running?.sessionId]).toEqual(['ready', SESSION_ID]);
    await house.controller.rejoin(SESSION_ID);
    expect(house.controller.state.name).toBe('joining');
  });

  it('does not rejoin a session that is over', async () => {
    house.memory = SESSION_ID;
    house.api.current = ended('reconnectionTimeout');
    await house.controller.begin();
    expect([house.controller.state.name, house.memory]).toEqual(['ready', null]);
  });

  it('keeps its place over a reload, and tells when it was given up meanwhile', async () => {
    house.memory = SESSION_ID;
    house.api.current = queued({ place: 3 });
    await house.controller.begin();
    expect([house.controller.state.name, house.controller.state.line?.place, house.memory]).toEqual(['waiting', 3, SESSION_ID]);
    const later = new FakeHouse();
    later.memory = SESSION_ID;
    later.api.current = queued({ state: 'Ended', statusReason: 'cancelled', version: 9 });
    await later.controller.begin();
    expect([later.controller.state.name, later.controller.state.leftHere, later.sockets.length, later.memory]).toEqual([
      'ended',
      false,
      0,
      null,
    ]);
  });

  it('has waited since the session was asked for, not since the reload', async () => {
    house.memory = SESSION_ID;
    house.skew_ms = Date.parse(queued().requestedAt) + 65_000 - house.now;
    house.api.current = queued({ place: 3 });
    await house.controller.begin();
    expect(house.now - house.controller.state.line!.since).toBe(65_000);
    const elsewhere = new FakeHouse();
    elsewhere.skew_ms = house.skew_ms;
    elsewhere.api.current = queued({ requestedAt: 'long ago' });
    await elsewhere.controller.begin();
    await elsewhere.controller.rejoin(SESSION_ID);
    expect(elsewhere.now - elsewhere.controller.state.line!.since).toBe(0);
  });

  it('asks for nothing new while it looks for the session of before the reload', async () => {
    house.memory = SESSION_ID;
    house.api.current = queued();
    const [begun, pressed] = [house.controller.begin(), house.controller.play()];
    expect([house.controller.state.name, house.controller.state.finding]).toEqual(['ready', true]);
    await Promise.all([begun, pressed]);
    expect([house.controller.state.name, house.api.asked]).toEqual(['waiting', 0]);
    const over = new FakeHouse();
    over.memory = SESSION_ID;
    over.api.current = ended('userLeft');
    await over.controller.begin();
    await over.controller.play();
    expect(over.api.asked).toBe(1);
  });

  it('leaves the line with one press', async () => {
    house.api.granted = { session: queued(), ticket: null };
    await house.controller.begin();
    await house.controller.play();
    house.socket.listener.lineMoved({ sessionId: SESSION_ID, place: 1, eta: null });
    expect(house.controller.state.line?.place).toBe(1);
    house.controller.leave();
    expect([house.controller.state.name, house.controller.state.statusReason, house.api.endedIds, house.socket.stopped]).toEqual([
      'ended',
      'cancelled',
      [SESSION_ID],
      true,
    ]);
  });

  it('gives way to another tab and does not come back by itself', async () => {
    await house.playing();
    house.socket.listener.superseded();
    await house.pass(60);
    expect([house.controller.state.name, house.sockets.length, house.player.stands === 'stopped', house.memory]).toEqual([
      'superseded',
      1,
      true,
      null,
    ]);
    expect(house.api.endedIds).toEqual([]);
  });

  it('is superseded when its join may not be resumed though the session lives', async () => {
    await house.playing();
    house.socket.listener.refused(new Problem('conflict', 409));
    await settle();
    expect(house.controller.state.name).toBe('superseded');
  });

  it('shows what was refused', async () => {
    house.api.granted = new Problem('viewerLimit', 409, null, 'ses-other');
    await house.controller.begin();
    await house.controller.play();
    expect([house.controller.state.name, house.controller.state.problem?.sessionId]).toEqual(['failed', 'ses-other']);
  });

  it('counts frames over every join of the session', async () => {
    await house.playing();
    house.player.frames = 40;
    house.player.listener.lost('broke');
    await house.pass(2);
    house.socket.listener.joined(welcome(2));
    house.player.listener.firstFrame();
    house.player.frames = 2;
    expect(house.controller.frames).toBe(42);
  });
});
