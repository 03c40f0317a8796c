import { beforeEach, describe, expect, it } from 'vitest';
import type { PageModel } from '../../src/shell/words/model';
import { isStartWanted } from '../../src/shell/words/noticeWords';
import { announcement, closingWords } from '../../src/shell/words/words';
import { FakeHouse, last, welcome } from '../fakeHouse';
import { ended } from '../sessions';

describe('a picture that the browser does not start', () => {
  let house: FakeHouse;
  const model = (): PageModel =>
    ({
      state: house.controller.state,
      playBlocked: house.controller.playBlocked,
      stillFor_ms: house.controller.stillFor_ms,
      idleEndsAt: null,
      now: house.now,
      serverNow: house.now,
      applicationName: 'Demo',
    }) as PageModel;
  const reported = (): string[] => house.socket.sent.filter((text) => text.includes('greenroomPlaying'));
  beforeEach(async () => {
    house = new FakeHouse();
    await house.controller.begin();
    await house.controller.play();
    house.socket.listener.joined(welcome());
    house.player.listener.playBlocked(true);
  });

  it('asks for a click, is not reported as shown, and is not joined anew while it waits', async () => {
    await house.pass(60);
    expect([house.controller.state.name, isStartWanted(model()), reported(), house.players.length]).toEqual(['joining', true, [], 1]);
    expect(announcement(model())).toContain('Press to start');
  });

  it('starts with the click, and asks until a frame is shown', () => {
    house.controller.start();
    expect([house.player.starts, isStartWanted(model())]).toEqual([1, true]);
    house.player.listener.firstFrame();
    house.player.listener.playBlocked(false);
    expect([house.controller.state.name, isStartWanted(model()), reported().length]).toEqual(['playing', false, 1]);
  });

  it('is joined anew when a click brought nothing', async () => {
    house.controller.start();
    await house.pass(25);
    const before = house.sockets.length;
    house.socket.listener.joined(welcome(2));
    expect([before, house.players.length, isStartWanted(model())]).toEqual([2, 2, false]);
  });

  it('says what was missing when nobody clicked in time, and nothing of firewalls', () => {
    house.told(ended('connectionTimeout', 9));
    expect(closingWords(house.controller.state)).toMatchObject({
      title: 'The start button was not pressed in time',
      text: expect.not.stringContaining('firewall') as string,
    });
  });

  it('blames the network only where the browser was willing', () => {
    house.player.listener.playBlocked(false);
    house.player.listener.firstFrame();
    house.told(ended('connectionTimeout', 9));
    expect(closingWords(house.controller.state).text).toContain('firewall');
  });

  it('may be one that was playing and was paused by the browser', () => {
    house.player.listener.firstFrame();
    house.player.listener.playBlocked(true);
    expect(isStartWanted(model())).toBe(true);
    house.player.listener.playBlocked(false);
    expect(isStartWanted(model())).toBe(false);
  });

  it('keeps a refused sound apart: the picture goes on, and the button says Unmute', () => {
    house.player.listener.firstFrame();
    house.controller.setMuted(false);
    house.player.listener.soundRefused();
    expect([house.controller.muted, last(house.players).muted, isStartWanted(model())]).toEqual([true, true, false]);
  });
});

describe('a picture that stands still', () => {
  it('is told while it does, for as long as it plays', async () => {
    const house = new FakeHouse();
    await house.playing();
    let renders = 0;
    house.controller.onChange = () => {
      renders += 1;
    };
    Object.assign(house.player, { isStill: true, stalledFor_ms: 1700 });
    house.player.listener.stillChanged();
    expect([house.controller.stillFor_ms, renders]).toEqual([1700, 1]);
    house.player.isStill = false;
    house.player.listener.stillChanged();
    expect([house.controller.stillFor_ms, renders]).toEqual([null, 2]);
  });
});
