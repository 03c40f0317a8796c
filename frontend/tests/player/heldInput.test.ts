import { beforeEach, describe, expect, it } from 'vitest';
import { HeldInput, type InputHandlers } from '#player/player/heldInput';

describe('what is held', () => {
  let told: [string, unknown[]][];
  let handlers: InputHandlers;
  let held: HeldInput;
  const say = (type: string, ...message: (number | string)[]): void => handlers.get(type)!(message);
  const released = (): [string, unknown[]][] => {
    told = [];
    held.release();
    return told;
  };
  beforeEach(() => {
    told = [];
    const types = [
      'KeyDown',
      'KeyUp',
      'MouseDown',
      'MouseUp',
      'TouchStart',
      'TouchEnd',
      'GamepadButtonPressed',
      'GamepadButtonReleased',
      'GamepadAnalog',
    ];
    handlers = new Map(types.map((type) => [type, (message = []) => void told.push([type, message])]));
    held = new HeldInput(handlers);
  });

  it('still reaches the application as it is', () => {
    say('KeyDown', 16, 0);
    say('KeyUp', 16);
    expect(told).toEqual([
      ['KeyDown', [16, 0]],
      ['KeyUp', [16]],
    ]);
  });

  it.each([
    {
      desc: 'a key, however often it repeats',
      begin: [
        ['KeyDown', 87, 0],
        ['KeyDown', 87, 1],
      ],
      end: ['KeyUp', 87],
    },
    { desc: 'a mouse button, where it was pressed', begin: [['MouseDown', 0, 100, 200]], end: ['MouseUp', 0, 100, 200] },
    { desc: 'a finger', begin: [['TouchStart', 1, 5, 6, 0, 255, 1]], end: ['TouchEnd', 1, 5, 6, 0, 0, 1] },
    { desc: 'a gamepad’s button', begin: [['GamepadButtonPressed', 7, 3, 0]], end: ['GamepadButtonReleased', 7, 3, 0] },
    { desc: 'a gamepad’s stick', begin: [['GamepadAnalog', 7, 1, 0.8]], end: ['GamepadAnalog', 7, 1, 0] },
  ] as { desc: string; begin: [string, ...number[]][]; end: [string, ...number[]] }[])('is let go once: $desc', ({ begin, end }) => {
    for (const [type, ...message] of begin) say(type, ...message);
    expect(released()).toEqual([[end[0], end.slice(1)]]);
    expect(released()).toEqual([]);
  });

  it('is not let go twice', () => {
    say('KeyDown', 16, 0);
    say('KeyDown', 87, 0);
    say('KeyUp', 16);
    say('GamepadAnalog', 7, 1, 0.8);
    say('GamepadAnalog', 7, 1, 0);
    expect(released()).toEqual([['KeyUp', [87]]]);
  });

  it('ends with Meta: while that is held, macOS tells of no other key let go', () => {
    say('KeyDown', 91, 0);
    say('KeyDown', 67, 0);
    say('MouseDown', 0, 1, 2);
    told = [];
    say('KeyUp', 91);
    expect(told).toEqual([
      ['KeyUp', [91]],
      ['KeyUp', [67]],
    ]);
    expect(released()).toEqual([['MouseUp', [0, 1, 2]]]);
  });

  it.each([
    ['window', 'blur'],
    ['window', 'pagehide'],
    ['document', 'visibilitychange'],
    ['document', 'focusin'],
  ])('is let go when the %s says %s', (whose, type) => {
    const document = new EventTarget();
    const page = Object.assign(new EventTarget(), { document });
    const gone = new AbortController();
    held.watch(page as unknown as Window, gone.signal);
    const happens = (): void => void (whose === 'window' ? page : document).dispatchEvent(new Event(type));
    say('KeyDown', 16, 0);
    told = [];
    happens();
    expect(told).toEqual([['KeyUp', [16]]]);
    gone.abort();
    say('KeyDown', 16, 0);
    told = [];
    happens();
    expect(told).toEqual([]);
  });
});
