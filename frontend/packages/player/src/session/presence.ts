/**
 * Whether the viewer is still there, as far as this page can tell: counts from the last input, tells the agent at most
 * once a minute, and keeps the agent's warning until any input takes it back. The agent decides, not the page.
 */
import { isRecord } from '../api/sessionView';

/** Each report crosses the relay, which costs money; while a warning stands it goes at once. */
const REPORT_EVERY_ms = 60_000;

export interface PresenceWorld {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** To the agent of the picture shown. */
  say(text: string): void;
  changed(): void;
}

export class Presence {
  readonly #world: PresenceWorld;
  #shown = false;
  #inputAt = 0;
  /** The newest input the agent was told of. */
  #toldOf = 0;
  #toldAt = 0;
  #endsAt: number | null = null;

  constructor(world: PresenceWorld) {
    this.#world = world;
  }

  /** When the session ends unless the viewer does something; null while there is no warning. */
  get endsAt(): number | null {
    return this.#endsAt;
  }

  /** A picture came; to its agent that counts as input. */
  begin(): void {
    this.#shown = true;
    this.#inputAt = this.#toldOf = this.#toldAt = this.#world.now();
    this.#warn(null);
  }

  /** No picture, no idling. */
  end(): void {
    this.#shown = false;
    this.#warn(null);
  }

  /** A key, the mouse, a touch, a gamepad, or the button that says so. */
  input(): void {
    this.#inputAt = this.#world.now();
    if (this.#endsAt === null) return this.tick();
    this.#send();
    this.#warn(null);
  }

  /** The agent counts down, or (null) no longer does. Input it has not heard of is answer enough, and nothing is shown. */
  warned(endsIn_s: number | null): void {
    if (!this.#shown) return;
    if (endsIn_s === null) return this.#warn(null);
    if (this.#inputAt > this.#toldOf) return this.#send();
    this.#warn(this.#world.now() + endsIn_s * 1000);
  }

  /** Once a second, and at each input. */
  tick(): void {
    if (this.#shown && this.#inputAt > this.#toldOf && this.#world.now() - this.#toldAt >= REPORT_EVERY_ms) this.#send();
  }

  #send(): void {
    const now = this.#world.now();
    [this.#toldOf, this.#toldAt] = [this.#inputAt, now];
    if (this.#shown) this.#world.say(JSON.stringify({ type: 'greenroomActivity', idle_s: Math.round((now - this.#inputAt) / 100) / 10 }));
  }

  #warn(endsAt: number | null): void {
    if (endsAt === this.#endsAt) return;
    this.#endsAt = endsAt;
    this.#world.changed();
  }
}

/** The agent's word on idling in a message of the streamer's side: seconds left, null (taken back), or undefined (no such word). */
export function idleWarningOf(text: string): number | null | undefined {
  if (!text.includes('greenroomIdle')) return undefined;
  const message: unknown = parse(text);
  if (!isRecord(message) || message.type !== 'greenroomIdle') return undefined;
  return typeof message.endsIn_s === 'number' ? message.endsIn_s : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
