import { beforeEach, describe, expect, it } from 'vitest';
import { gamepadsNow } from '#player/player/personInput';
import { idleWarningOf, Presence } from '#player/session/presence';
import { FakeHouse, welcome } from '../fakeHouse';
import { handedOver, migrating } from '../sessions';

describe('presence', () => {
  let now: number;
  let said: unknown[];
  let presence: Presence;
  const at = (second: number): void => {
    now = second * 1000;
  };
  beforeEach(() => {
    [now, said] = [0, []];
    presence = new Presence({
      now: () => now,
      say: (text) => said.push((JSON.parse(text) as { idle_s: number }).idle_s),
      changed: () => {},
    });
    presence.begin();
  });

  it('tells of input at most once a minute, and of its age', () => {
    for (let second = 1; second <= 150; second++) {
      at(second);
      if (second <= 90) presence.input();
      presence.tick();
    }
    expect(said).toEqual([0, 30]);
  });

  it('says nothing when there is nothing to say: a hung or empty page is idle', () => {
    for (let second = 1; second <= 600; second++) {
      at(second);
      presence.tick();
    }
    expect(said).toEqual([]);
  });

  it('answers a warning with the input the agent has not heard of, and shows nothing', () => {
    at(10);
    presence.input();
    at(13);
    presence.warned(30);
    expect([said, presence.endsAt]).toEqual([[3], null]);
  });

  it('counts down until any input, which is told at once', () => {
    at(120);
    presence.warned(30);
    expect([said, presence.endsAt]).toEqual([[], 150_000]);
    at(140);
    presence.input();
    expect([said, presence.endsAt]).toEqual([[0], null]);
    at(141);
    presence.input();
    presence.tick();
    expect(said).toEqual([0]);
  });

  it('lets the agent take its warning back', () => {
    at(120);
    presence.warned(30);
    presence.warned(null);
    expect(presence.endsAt).toBeNull();
  });

  it('is silent without a picture', () => {
    presence.end();
    at(100);
    presence.input();
    presence.warned(30);
    expect([said, presence.endsAt]).toEqual([[], null]);
  });

  it('reads the agent’s word and no other', () => {
    expect([idleWarningOf('{"type":"greenroomIdle","endsIn_s":30}'), idleWarningOf('{"type":"greenroomIdle","endsIn_s":null}')]).toEqual([
      30,
      null,
    ]);
    expect([idleWarningOf('{"type":"offer","sdp":"greenroomIdle"}'), idleWarningOf('greenroomIdle {')]).toEqual([undefined, undefined]);
  });

  it('does not take a stick that trembles for a person', () => {
    const pad = (pressed: boolean, axis: number): Gamepad => ({ buttons: [{ pressed }], axes: [axis] }) as unknown as Gamepad;
    expect(gamepadsNow([pad(false, 0.02), null])).toBe(gamepadsNow([pad(false, -0.04)]));
    expect(gamepadsNow([pad(false, 0.9)])).not.toBe(gamepadsNow([pad(false, 0)]));
    expect(gamepadsNow([pad(true, 0)])).not.toBe(gamepadsNow([pad(false, 0)]));
  });
});

describe('idling in a session', () => {
  let house: FakeHouse;
  const warn = (endsIn_s: number | null): void => house.socket.listener.message(JSON.stringify({ type: 'greenroomIdle', endsIn_s }));
  const activity = (): unknown[] =>
    house.socket.sent.map((text) => JSON.parse(text) as { type: string }).filter(({ type }) => type === 'greenroomActivity');
  beforeEach(async () => {
    house = new FakeHouse();
    await house.playing();
  });

  it('keeps the warning from the library, shows it, and answers the button', async () => {
    warn(30);
    expect([house.controller.idleEndsAt, house.player.received]).toEqual([house.now + 30_000, []]);
    await house.pass(5);
    house.controller.input();
    expect([house.controller.idleEndsAt, activity()]).toEqual([null, [{ type: 'greenroomActivity', idle_s: 0 }]]);
  });

  it('tells of activity once a minute while somebody plays', async () => {
    for (let second = 0; second < 125; second++) {
      house.controller.input();
      await house.pass(1);
    }
    expect(activity().length).toBe(2);
  });

  it('forgets the warning when the picture is lost, and when another instance shows its first one', () => {
    warn(30);
    house.player.listener.lost('the network path broke');
    expect(house.controller.idleEndsAt).toBeNull();
    house.socket.listener.joined(welcome(2));
    house.player.listener.firstFrame();
    warn(30);
    house.told(migrating());
    house.told(handedOver());
    house.socket.listener.joined(welcome(2, handedOver()));
    expect(house.controller.idleEndsAt).not.toBeNull();
    house.player.listener.firstFrame();
    expect(house.controller.idleEndsAt).toBeNull();
  });
});
