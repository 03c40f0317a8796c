import { describe, expect, it } from 'vitest';
import { MAXIMUM_FRAME_BYTES, splitForFrames, type DataFrame } from '#player/socket/framePieces';
import { ReliableChannel, type ChannelFrame } from '#player/socket/reliableChannel';

/** A small repeatable generator (mulberry32): a failing seed can be run again. */
function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const wireBytes = (frame: object): number => new TextEncoder().encode(JSON.stringify(frame)).length;
const data = (sequence: number, text: string, part = 1, parts = 1): DataFrame => ({ kind: 'frame', sequence, part, parts, data: text });

/** Runs two channels over a relay that loses, doubles and delays, until both are at rest. */
function converse(
  seed: number,
  messages: { left: string[]; right: string[] },
  loss: number,
): { left: string[]; right: string[]; end_ms: number } {
  const random = seeded(seed);
  const ends = { left: new ReliableChannel(), right: new ReliableChannel() };
  const heard = { left: [] as string[], right: [] as string[] };
  const wire: { at: number; to: 'left' | 'right'; frame: ChannelFrame }[] = [];
  const put = (from: 'left' | 'right', frames: ChannelFrame[], now: number): void => {
    for (const frame of frames) {
      const copies = random() < loss ? 0 : random() < loss ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        wire.push({
          at: now + 5 + random() * 200,
          to: from === 'left' ? 'right' : 'left',
          frame: JSON.parse(JSON.stringify(frame)) as ChannelFrame,
        });
      }
    }
  };
  for (const side of ['left', 'right'] as const) messages[side].forEach((text, index) => put(side, ends[side].send(text, index), index));
  let now = 0;
  for (let step = 0; step < 20_000; step++) {
    const ticks = [ends.left.nextTickAt_ms(), ends.right.nextTickAt_ms()].filter((at) => at !== null);
    const next = Math.min(...wire.map((item) => item.at), ...ticks);
    if (next === Infinity) break;
    now = Math.max(now, next);
    const due = wire.filter((item) => item.at <= now);
    for (const item of due) {
      wire.splice(wire.indexOf(item), 1);
      const { delivered, outgoing } = ends[item.to].receive(item.frame, now);
      heard[item.to].push(...delivered);
      put(item.to, outgoing, now);
    }
    for (const side of ['left', 'right'] as const) put(side, ends[side].tick(now), now);
  }
  expect(ends.left.peerGone || ends.right.peerGone).toBe(false);
  return { ...heard, end_ms: now };
}

describe('a reliable channel', () => {
  it('delivers every message once and in order over a relay that loses, doubles and overtakes', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = seeded(seed * 7919);
      const make = (side: string): string[] =>
        Array.from(
          { length: 1 + Math.floor(random() * 25) },
          (_, index) => `${side}${index} ${'x"é🎭\n'.repeat(random() < 0.15 ? 6000 : 3)}`,
        );
      const messages = { left: make('l'), right: make('r') };
      const heard = converse(seed, messages, 0.25);
      expect(heard.right, `seed ${seed}`).toEqual(messages.left);
      expect(heard.left, `seed ${seed}`).toEqual(messages.right);
    }
  });

  it('goes to rest: nothing is sent once everything is acknowledged', () => {
    const { end_ms } = converse(3, { left: ['a', 'b'], right: [] }, 0);
    expect(end_ms).toBeLessThan(1000);
  });

  it('acknowledges a burst once, 100 ms after its first frame', () => {
    const receiver = new ReliableChannel();
    for (const [at, text] of ['a', 'b', 'c'].entries()) expect(receiver.receive(data(at + 1, text), at * 10).outgoing).toEqual([]);
    expect([receiver.tick(99), receiver.nextTickAt_ms()]).toEqual([[], 100]);
    expect(receiver.tick(100)).toEqual([{ kind: 'ack', upTo: 3 }]);
    expect(receiver.nextTickAt_ms()).toBeNull();
  });

  it('acknowledges a double again: the first acknowledgement was lost', () => {
    const receiver = new ReliableChannel();
    receiver.receive(data(1, 'a'), 0);
    receiver.tick(100);
    expect(receiver.receive(data(1, 'a'), 1000).delivered).toEqual([]);
    expect(receiver.tick(1100)).toEqual([{ kind: 'ack', upTo: 1 }]);
  });

  it('takes any frame of a peer that was given up for a sign of life', () => {
    const sender = new ReliableChannel();
    sender.send('hello?', 0);
    for (let at = sender.nextTickAt_ms(); at !== null; at = sender.nextTickAt_ms()) sender.tick(at);
    expect(sender.peerGone).toBe(true);
    sender.receive({ kind: 'ack', upTo: 0 }, 90_000);
    expect([sender.peerGone, sender.tick(90_000).length]).toEqual([false, 1]);
  });

  it('holds back what overtook and asks for the gap after 500 ms', () => {
    const receiver = new ReliableChannel();
    expect(receiver.receive(data(2, 'second'), 0).delivered).toEqual([]);
    expect(receiver.tick(499)).toEqual([]);
    expect(receiver.tick(500)).toEqual([{ kind: 'resend', from: 1 }]);
    expect(receiver.receive(data(1, 'first'), 600).delivered).toEqual(['first', 'second']);
    expect(receiver.receive(data(1, 'first'), 700).delivered).toEqual([]);
  });

  it('asks for a message of which a piece is missing', () => {
    const receiver = new ReliableChannel();
    receiver.receive(data(1, 'whole', 2, 2), 0);
    expect(receiver.tick(500)).toEqual([{ kind: 'resend', from: 1 }]);
  });

  it('sends again after 1 s, doubling to 8 s, and gives the peer up after ten tries', () => {
    const sender = new ReliableChannel();
    sender.send('hello?', 0);
    const sentAt: number[] = [0];
    for (let at = sender.nextTickAt_ms(); at !== null; at = sender.nextTickAt_ms()) {
      if (sender.tick(at).length > 0) sentAt.push(at);
    }
    expect(sentAt).toEqual([0, 1000, 3000, 7000, 15_000, 23_000, 31_000, 39_000, 47_000, 55_000]);
    expect(sender.peerGone).toBe(true);
  });

  it('sends everything open again when its socket is back, and counts anew', () => {
    const sender = new ReliableChannel();
    sender.send('one', 0);
    sender.send('two', 0);
    sender.receive({ kind: 'ack', upTo: 1 }, 50);
    expect(sender.resume(70_000).map((frame) => (frame as DataFrame).data)).toEqual(['two']);
    expect(sender.peerGone).toBe(false);
  });

  it('answers a request for a gap with what it still has', () => {
    const sender = new ReliableChannel();
    for (const text of ['a', 'b', 'c']) sender.send(text, 0);
    expect(sender.receive({ kind: 'resend', from: 2 }, 10).outgoing).toEqual([data(2, 'b'), data(3, 'c')]);
  });

  it('never makes a frame above 28 KB as sent, however the text must be escaped', () => {
    for (const text of [
      'a'.repeat(60_000),
      '"\\'.repeat(30_000),
      'é'.repeat(30_000),
      '🎭'.repeat(15_000),
      '\u0001'.repeat(9000),
      '\ud800'.repeat(9000),
    ]) {
      const frames = new ReliableChannel().send(text, 0);
      const stamped = frames.map((frame) => ({ ...frame, sessionId: 'ses-abcdefghijklmnopqrstuvwxyz', epoch: 123, joinNumber: 45 }));
      expect(Math.max(...frames.map(wireBytes))).toBeLessThanOrEqual(MAXIMUM_FRAME_BYTES);
      expect(Math.max(...stamped.map(wireBytes))).toBeLessThan(32 * 1024);
      expect(frames.map((frame) => frame.data).join('')).toBe(text);
    }
  });

  it('splits nothing out of nothing', () => {
    expect(splitForFrames('', 100)).toEqual(['']);
  });

  it('drops frames that make no sense instead of falling over them', () => {
    const receiver = new ReliableChannel();
    const nonsense = [
      data(0, 'x'),
      data(1.5, 'x'),
      data(1, 'x', 3, 2),
      data(1, 'x', 1, 100_000),
      data(99_999, 'x'),
      { ...data(1, ''), data: 7 },
    ];
    for (const frame of nonsense) expect(receiver.receive(frame as DataFrame, 0)).toEqual({ delivered: [], outgoing: [] });
    expect(receiver.nextTickAt_ms()).toBeNull();
  });
});
