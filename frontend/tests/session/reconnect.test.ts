import { beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '#player/api/problems';
import { FakeHouse, settle, welcome } from '../fakeHouse';
import { assigned, ended, SESSION_ID } from '../sessions';

describe('a connection that drops', () => {
  let house: FakeHouse;
  const name = (): string => house.controller.state.name;
  beforeEach(async () => {
    house = new FakeHouse();
    await house.playing();
  });

  it('takes no picture away when only the socket drops: frames go on, the player is the same', async () => {
    house.socket.listener.connectionChanged(false);
    for (let second = 0; second < 60; second++) {
      house.player.frames += 30;
      await house.pass(1);
      expect([name(), house.stands]).toEqual(['playing', ['shown']]);
    }
    expect([house.controller.frames, house.controller.socketConnected, house.sockets.length]).toEqual([1800, false, 1]);
    house.socket.listener.connectionChanged(true);
    expect([name(), house.controller.socketConnected]).toEqual(['playing', true]);
  });

  it('comes back to the same slot after 20 s without any network', async () => {
    house.socket.listener.connectionChanged(false);
    house.api.current = new Problem('unreachable');
    house.player.stalledFor_ms = 6000;
    house.player.listener.lost('the network path broke');
    expect([name(), house.stands]).toEqual(['reconnecting', ['frozen']]);
    await house.pass(20);
    expect([name(), house.memory]).toEqual(['reconnecting', SESSION_ID]);
    house.api.current = assigned({ state: 'Disconnected', version: 7 });
    await house.pass(5);
    house.socket.listener.joined(welcome(2, assigned({ state: 'Disconnected', version: 7 })));
    house.player.listener.firstFrame();
    expect([name(), house.controller.state.session?.slot?.slotId, house.api.asked, house.stands]).toEqual([
      'playing',
      'i-0abc.1',
      1,
      ['stopped', 'shown'],
    ]);
  });

  it('says so when it was away longer than the place is kept', async () => {
    house.api.current = new Problem('unreachable');
    house.player.listener.lost('the network path broke');
    await house.pass(130);
    house.api.current = ended('reconnectionTimeout');
    await house.pass(5);
    expect([name(), house.controller.state.statusReason, house.memory]).toEqual(['ended', 'reconnectionTimeout', null]);
  });

  it('reloads into the same session, and leaves the older tab alone once it is told', async () => {
    const reloaded = new FakeHouse();
    reloaded.memory = house.memory;
    reloaded.api.current = assigned({ state: 'Connected', version: 5 });
    await reloaded.controller.begin();
    reloaded.socket.listener.joined(welcome(2, assigned({ state: 'Connected', version: 5 })));
    reloaded.player.listener.firstFrame();
    house.socket.listener.superseded();
    await house.pass(30);
    await settle();
    expect([reloaded.controller.state.name, reloaded.api.asked, name()]).toEqual(['playing', 0, 'superseded']);
    expect([house.sockets.length, house.stands, house.api.endedIds]).toEqual([1, ['stopped'], []]);
  });
});
