/**
 * The pictures on the page: the one shown, the one that comes behind it, and the still of one that was lost. A picture
 * is replaced at the first frame of the next one, so nobody looks at a black page in between.
 */
import type { PlayerEnd, PlayerListener } from './playerEnd';

/** What becomes of the pictures. `slot` is the `slotKey` a picture was begun for. */
export interface PlayersListener {
  /** From the newest picture only: an older one has no streamer to talk to any more. */
  toStreamer(text: string): void;
  firstFrame(slot: string): void;
  /** The picture shown went away (its last frame stays), or, with `shown` false, the coming one did. */
  lost(shown: boolean, reason: string): void;
  /** The browser wants a click before it plays, or no longer does. */
  playBlocked(blocked: boolean): void;
  /** Something else that is shown is not as it was: the picture stands still or moves again, sound was refused. */
  changed(): void;
}

interface Picture {
  readonly slot: string;
  readonly player: PlayerEnd;
}

export class Players {
  readonly #create: (peer: RTCConfiguration, listener: PlayerListener) => PlayerEnd;
  readonly #listener: PlayersListener;
  #shown: Picture | null = null;
  #coming: Picture | null = null;
  #still: Picture | null = null;
  #newest: PlayerEnd | null = null;
  #muted = true;
  #pastFrames = 0;

  constructor(create: (peer: RTCConfiguration, listener: PlayerListener) => PlayerEnd, listener: PlayersListener) {
    this.#create = create;
    this.#listener = listener;
  }

  /** Frames shown so far, over every picture. */
  get frames(): number {
    return this.#pastFrames + (this.#shown?.player.frames ?? 0);
  }

  /** How long ago the last frame came (ms); Infinity without a picture. */
  get stalledFor_ms(): number {
    return this.#shown?.player.stalledFor_ms ?? Infinity;
  }

  /** Whether the picture shown stands still before the viewer's eyes. */
  get isStill(): boolean {
    return this.#shown?.player.isStill ?? false;
  }

  get isShown(): boolean {
    return this.#shown !== null;
  }

  get isComing(): boolean {
    return this.#coming !== null;
  }

  get muted(): boolean {
    return this.#muted;
  }

  /** Starts the picture of a new join behind the one shown, in place of one that had not come yet. */
  begin(slot: string, peer: RTCConfiguration): void {
    this.dropComing();
    let player: PlayerEnd | null = null;
    const made = this.#create(peer, {
      toStreamer: (text) => (player === null || player === this.#newest) && this.#listener.toStreamer(text),
      firstFrame: () => player !== null && this.#firstFrame(player),
      lost: (reason) => player !== null && this.#lost(player, reason),
      playBlocked: (blocked) =>
        player !== null && (this.#isShowing(player) || player === this.#coming?.player) && this.#listener.playBlocked(blocked),
      soundRefused: () => player !== null && this.#isShowing(player) && this.#soundRefused(),
      stillChanged: () => player !== null && this.#isShowing(player) && this.#listener.changed(),
    });
    player = made;
    this.#newest = made;
    this.#coming = { slot, player: made };
  }

  fromStreamer(text: string): void {
    this.#newest?.fromStreamer(text);
  }

  /** Plays whatever the browser did not start by itself; called out of the viewer's click. */
  start(): void {
    this.#coming?.player.start();
    this.#shown?.player.start();
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#shown?.player.setMuted(muted);
  }

  /** Gives up the picture shown; its last frame stays until another one comes. */
  freeze(): void {
    const shown = this.#shown;
    if (shown === null) return;
    this.#shown = null;
    this.#pastFrames += shown.player.frames;
    this.#still?.player.stop();
    this.#still = shown;
    if (this.#newest === shown.player) this.#newest = null;
    shown.player.freeze();
  }

  dropComing(): void {
    const coming = this.#coming;
    this.#coming = null;
    if (coming === null) return;
    if (this.#newest === coming.player) this.#newest = null;
    coming.player.stop();
  }

  /** Clears the page of pictures. */
  close(): void {
    this.dropComing();
    this.freeze();
    this.#still?.player.stop();
    this.#still = null;
  }

  forgetFrames(): void {
    this.#pastFrames = 0;
  }

  #firstFrame(player: PlayerEnd): void {
    const coming = this.#coming;
    if (coming?.player !== player) return;
    const former = this.#shown;
    this.#coming = null;
    this.#shown = coming;
    player.show(this.#muted);
    if (former !== null) this.#pastFrames += former.player.frames;
    former?.player.stop();
    this.#still?.player.stop();
    this.#still = null;
    this.#listener.firstFrame(coming.slot);
  }

  #isShowing(player: PlayerEnd): boolean {
    return player === this.#shown?.player;
  }

  #soundRefused(): void {
    this.setMuted(true);
    this.#listener.changed();
  }

  #lost(player: PlayerEnd, reason: string): void {
    if (player === this.#coming?.player) {
      this.dropComing();
      this.#listener.lost(false, reason);
    } else if (player === this.#shown?.player) {
      this.freeze();
      this.#listener.lost(true, reason);
    }
  }
}
