/**
 * What the application believes to be held: keys, mouse buttons, fingers, gamepad buttons and sticks. Whoever leaves the
 * picture lets go of them elsewhere, where this page does not hear it; so all are released when the viewer goes.
 */

type Message = (number | string)[];
export type InputHandlers = Map<string, (message?: Message) => void>;

/** What ends a press that `start` began: the same thing by `id`, told with `release`. */
interface Press {
  start: string;
  end: string;
  id(message: Message): string;
  release(message: Message): Message;
}

const PRESSES: readonly Press[] = [
  { start: 'KeyDown', end: 'KeyUp', id: ([code]) => `key ${code}`, release: ([code]) => [code!] },
  { start: 'MouseDown', end: 'MouseUp', id: ([button]) => `mouse ${button}`, release: ([button, x, y]) => [button!, x!, y!] },
  {
    start: 'TouchStart',
    end: 'TouchEnd',
    id: (touch) => `finger ${touch[3]}`,
    release: ([count, x, y, finger, , inRange]) => [count!, x!, y!, finger!, 0, inRange!],
  },
  {
    start: 'GamepadButtonPressed',
    end: 'GamepadButtonReleased',
    id: ([pad, button]) => `pad ${pad} ${button}`,
    release: ([pad, button]) => [pad!, button!, 0],
  },
];
/** Meta of either side: while it is held, macOS tells of no other key that is let go. */
const META: readonly unknown[] = [91, 92];

export class HeldInput {
  readonly #handlers: InputHandlers;
  readonly #held = new Map<string, () => void>();

  /** Listens in on what the library tells the streamer. */
  constructor(handlers: InputHandlers) {
    this.#handlers = handlers;
    for (const press of PRESSES) this.#follow(press);
    this.#followSticks();
    this.#after('KeyUp', ([code]) => META.includes(code) && this.#releaseAll((id) => id.startsWith('key ')));
  }

  /** Lets go of everything. */
  release(): void {
    this.#releaseAll(() => true);
  }

  /** Whenever the viewer's attention goes elsewhere: another window, another tab, a button of this page. */
  watch(page: Window, signal: AbortSignal): void {
    const release = (): void => this.release();
    page.addEventListener('blur', release, { signal });
    page.addEventListener('pagehide', release, { signal });
    page.document.addEventListener('visibilitychange', release, { signal });
    // The picture itself never takes the focus: whatever does is beside it.
    page.document.addEventListener('focusin', release, { signal });
  }

  #follow({ start, end, id, release }: Press): void {
    this.#after(start, (message) => this.#held.set(id(message), () => this.#handlers.get(end)?.(release(message))));
    this.#after(end, (message) => this.#held.delete(id(message)));
  }

  #followSticks(): void {
    this.#after('GamepadAnalog', ([pad, axis, value]) => {
      const id = `stick ${pad} ${axis}`;
      if (value === 0) this.#held.delete(id);
      else this.#held.set(id, () => this.#handlers.get('GamepadAnalog')?.([pad!, axis!, 0]));
    });
  }

  #releaseAll(which: (id: string) => boolean): void {
    for (const [id, release] of [...this.#held]) {
      if (!which(id)) continue;
      this.#held.delete(id);
      release();
    }
  }

  #after(type: string, then: (message: Message) => void): void {
    const send = this.#handlers.get(type);
    if (send === undefined) return;
    this.#handlers.set(type, (message) => {
      send(message);
      if (message !== undefined) then(message);
    });
  }
}
