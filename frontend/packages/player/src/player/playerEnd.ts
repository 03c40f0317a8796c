/** What a session and one of its pictures say to each other; `Player` is the real one. */

export interface PlayerListener {
  toStreamer(text: string): void;
  /** The first frame that a person could see; a decoded one is not enough. */
  firstFrame(): void;
  /** The picture cannot go on in this join: thrown out, or the peer connection failed. */
  lost(reason: string): void;
  /** Sound must wait for another click. */
  soundRefused(): void;
  /** The browser wants a click before it plays, or no longer does. */
  playBlocked(blocked: boolean): void;
  /** The picture began to stand still, or moves again. */
  stillChanged(): void;
}

/** One picture. It begins behind whatever is shown, deaf and mute. */
export interface PlayerEnd {
  readonly frames: number;
  readonly stalledFor_ms: number;
  /** Whether a picture that was there stands still in a tab that is seen. */
  readonly isStill: boolean;
  fromStreamer(text: string): void;
  /** Plays what the browser did not start by itself; called out of the viewer's click. */
  start(): void;
  setMuted(muted: boolean): void;
  /** To the front: seen, heard as `muted` says, and listening to the viewer's input. */
  show(muted: boolean): void;
  /** Over, but its last frame stays shown until `stop`. */
  freeze(): void;
  stop(): void;
}
