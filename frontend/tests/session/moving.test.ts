import { beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '#player/api/problems';
import { FakeHouse, settle, welcome } from '../fakeHouse';
import { ended, handedOver, migrating, OTHER_SLOT, SESSION_ID, THIRD_SLOT } from '../sessions';

describe('moving a viewer', () => {
  let house: FakeHouse;
  const state = (): unknown[] => [house.controller.state.name, house.controller.state.move !== null];
  const again = (version: number) => migrating({ slot: OTHER_SLOT, migrations: 2, version });
  const third = (version: number) => handedOver({ slot: THIRD_SLOT, migrations: 2, version });
  beforeEach(async () => {
    house = new FakeHouse();
    await house.playing();
  });

  it('says hello on the same socket, plays the new picture behind the old one, and swaps at its first frame', () => {
    house.told(migrating());
    expect([state(), house.stands, house.socket.expected]).toEqual([['playing', true], ['shown'], []]);
    house.told(handedOver());
    expect([house.sockets.length, house.socket.expected]).toEqual([1, ['i-0def.1']]);
    house.socket.listener.joined(welcome(1, handedOver()));
    house.socket.listener.message('offer');
    expect([house.stands, house.player.received, house.players[0]!.received]).toEqual([['shown', 'coming'], ['offer'], []]);
    house.now += 700;
    house.player.listener.firstFrame();
    expect([state(), house.stands]).toEqual([
      ['playing', false],
      ['stopped', 'shown'],
    ]);
    expect(house.socket.sent.map((text) => JSON.parse(text) as unknown).at(-1)).toEqual({ type: 'greenroomPlaying', firstFrame_ms: 700 });
    expect([house.controller.state.session?.sessionId, house.controller.state.moved?.at]).toEqual([SESSION_ID, house.now]);
  });

  it('lets only the newest picture talk to its streamer', () => {
    house.told(handedOver());
    house.socket.listener.joined(welcome(1, handedOver()));
    const before = house.socket.sent.length;
    house.players[0]!.listener.toStreamer('late candidate');
    house.players[1]!.listener.toStreamer('answer');
    expect(house.socket.sent.slice(before)).toEqual(['answer']);
  });

  it('moves without a notice, by the hand-over alone', () => {
    house.told(handedOver());
    house.socket.listener.joined(welcome(1, handedOver()));
    house.player.listener.firstFrame();
    expect([state(), house.stands, house.controller.state.moved !== null]).toEqual([['playing', false], ['stopped', 'shown'], true]);
  });

  it('keeps the sound as it was', () => {
    house.controller.setMuted(false);
    house.told(handedOver());
    house.socket.listener.joined(welcome(1, handedOver()));
    expect(house.player.muted).toBe(true);
    house.player.listener.firstFrame();
    expect(house.player.muted).toBe(false);
  });

  it('counts the frames of both pictures', () => {
    house.player.frames = 40;
    house.told(handedOver());
    house.socket.listener.joined(welcome(1, handedOver()));
    house.player.frames = 1;
    house.player.listener.firstFrame();
    expect(house.controller.frames).toBe(41);
  });

  it('gives up the picture of a second instance that goes before it showed anything', () => {
    house.told(migrating());
    house.told(handedOver());
    house.socket.listener.joined(welcome(1, handedOver()));
    house.told(again(7));
    house.told(third(8));
    expect([house.stands, house.socket.expected]).toEqual([
      ['shown', 'stopped'],
      ['i-0def.1', 'i-0fed.2'],
    ]);
    house.socket.listener.joined(welcome(1, third(8)));
    house.player.listener.firstFrame();
    expect([state(), house.stands]).toEqual([
      ['playing', false],
      ['stopped', 'stopped', 'shown'],
    ]);
  });

  it('keeps the last frame of a picture that went before the new one came, and does not ask for the old one again', async () => {
    house.told(migrating({ moving: { since: '', pictureUntil: null, reason: 'instanceUnhealthy' } }));
    house.player.listener.lost('the peer connection failed');
    await house.pass(10);
    expect([state(), house.stands, house.sockets.length]).toEqual([['reconnecting', true], ['frozen'], 1]);
    house.told(handedOver({ version: 7 }));
    house.socket.listener.joined(welcome(1, handedOver({ version: 7 })));
    expect(house.stands).toEqual(['frozen', 'coming']);
    house.player.listener.firstFrame();
    expect([state(), house.stands]).toEqual([
      ['playing', false],
      ['stopped', 'shown'],
    ]);
  });

  it('asks the old instance again while it should still run', async () => {
    house.now = Date.parse('2026-01-31T12:05:10Z');
    house.told(migrating());
    house.player.listener.lost('the network path broke');
    await house.pass(3);
    expect(house.sockets.length).toBe(2);
  });

  it('knows a picture that stands still during a move for lost', async () => {
    house.told(migrating());
    house.player.stalledFor_ms = 4000;
    await house.pass(1);
    expect([state(), house.stands]).toEqual([['reconnecting', true], ['frozen']]);
  });

  it('lets the hello for the new slot finish when the old picture goes meanwhile', async () => {
    house.told(handedOver());
    house.player.listener.lost('thrown out');
    await house.pass(4);
    expect([state(), house.sockets.length]).toEqual([['reconnecting', true], 1]);
  });

  it('tries again with a fresh hello when the new picture fails, while the old one plays on', async () => {
    house.told(handedOver());
    house.socket.listener.joined(welcome(1, handedOver()));
    house.player.listener.lost('the peer connection failed');
    expect([state(), house.stands]).toEqual([
      ['playing', true],
      ['shown', 'stopped'],
    ]);
    await house.pass(3);
    expect([house.sockets.length, house.socket.started, house.stands]).toEqual([2, true, ['shown', 'stopped']]);
    house.socket.listener.joined(welcome(2, handedOver()));
    house.player.listener.firstFrame();
    expect([state(), house.stands]).toEqual([
      ['playing', false],
      ['stopped', 'stopped', 'shown'],
    ]);
  });

  it('starts the new picture over when it does not come, and when its streamer does not answer', async () => {
    house.told(handedOver());
    house.socket.listener.joined(welcome(1, handedOver()));
    await house.pass(22);
    expect([house.sockets.length, house.stands]).toEqual([2, ['shown', 'stopped']]);
    house.socket.listener.joined(welcome(2, handedOver()));
    house.socket.listener.peerGone();
    await house.pass(3);
    expect([state(), house.sockets.length]).toEqual([['playing', true], 3]);
  });

  it('finds the hand-over by asking when its push was lost', async () => {
    house.told(migrating());
    house.api.current = handedOver();
    await house.pass(5);
    expect(house.socket.expected).toEqual(['i-0def.1']);
  });

  it('finds a move by asking when the picture stands still and no push came', async () => {
    await house.pass(20);
    expect(house.api.reads).toBe(0);
    house.api.current = migrating();
    house.player.stalledFor_ms = 5000;
    await house.pass(6);
    expect(state()).toEqual(['reconnecting', true]);
  });

  it('is not superseded by a ticket refused in the middle of its second try', async () => {
    house.told(handedOver());
    house.socket.listener.joined(welcome(1, handedOver()));
    house.player.listener.lost('failed');
    await house.pass(3);
    house.socket.listener.refused(new Problem('conflict', 409));
    await settle();
    expect(state()).toEqual(['playing', true]);
  });

  it('leaves while moving: everything is given up, and the page remembers that it was moving', async () => {
    house.told(handedOver());
    house.socket.listener.joined(welcome(1, handedOver()));
    house.controller.leave();
    await settle();
    expect([state(), house.stands, house.api.endedIds]).toEqual([['ended', true], ['stopped', 'stopped'], [SESSION_ID]]);
    expect([house.socket.stopped, house.memory, house.controller.state.statusReason]).toEqual([true, null, 'userLeft']);
  });

  it('ends when no instance was found, with the reason', () => {
    house.told(migrating());
    house.told(ended('spotInterrupted'));
    expect([state(), house.controller.state.statusReason, house.stands]).toEqual([['ended', true], 'spotInterrupted', ['stopped']]);
  });

  it('logs when it was told and when it went on', () => {
    house.told(migrating());
    house.told(handedOver());
    house.socket.listener.joined(welcome(1, handedOver()));
    house.player.listener.firstFrame();
    const names = house.controller.events.map((event) => event.name);
    expect(names.filter((name) => ['movingTold', 'resumed'].includes(name))).toEqual(['movingTold', 'resumed']);
  });
});
