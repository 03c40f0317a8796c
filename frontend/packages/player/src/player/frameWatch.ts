/**
 * Which frames of a video a person could see. Only shown ones count: a paused video (autoplay refused) decodes them and
 * shows none. A hidden tab shows nothing whatever the video does, so there a playing video that decodes is enough.
 */

export type WatchedVideo = Pick<HTMLVideoElement, 'paused' | 'currentTime'> &
  Partial<Pick<HTMLVideoElement, 'requestVideoFrameCallback' | 'getVideoPlaybackQuality'>>;

export interface FrameWorld {
  now(): number;
  /** Whether this tab can be seen. */
  visible(): boolean;
  /** A frame was shown; `first` of this video. */
  shown(first: boolean): void;
}

/** No frame for this long in a tab that is seen: the picture stands still. With the pause between two looks well within 2 s. */
const STILL_ms = 1500;

export class FrameWatch {
  readonly #video: WatchedVideo;
  readonly #world: FrameWorld;
  readonly #reportsEach: boolean;
  #frames = 0;
  #lastAt_ms: number;
  #wasVisible: boolean;
  /** What the browser had counted at the last look. */
  #counted = { decoded: 0, shown: 0 };
  #stopped = false;

  constructor(video: WatchedVideo, world: FrameWorld) {
    this.#video = video;
    this.#world = world;
    this.#lastAt_ms = world.now();
    this.#wasVisible = world.visible();
    this.#reportsEach = 'requestVideoFrameCallback' in video;
    if (this.#reportsEach) this.#hearEach();
  }

  get frames(): number {
    return this.#frames;
  }

  /** How long ago the last frame was shown (ms), or decoded while the tab was hidden. */
  get stalledFor_ms(): number {
    return this.#world.now() - this.#lastAt_ms;
  }

  /** Whether a picture that was there stands still before somebody's eyes. */
  get isStill(): boolean {
    return this.#frames > 0 && this.#world.visible() && this.#wasVisible && this.stalledFor_ms > STILL_ms;
  }

  /** Called a few times a second: what the browser does not tell of by itself. */
  look(): void {
    const counted = this.#count();
    const { decoded, shown } = { decoded: counted.decoded - this.#counted.decoded, shown: counted.shown - this.#counted.shown };
    this.#counted = counted;
    const visible = this.#world.visible();
    if (!visible && decoded > 0 && !this.#video.paused) this.#sawHidden();
    if (visible && !this.#reportsEach && shown > 0) this.#saw(shown);
    // Frames were not asked for while nobody could see: the time without one begins anew.
    if (visible && !this.#wasVisible) this.#lastAt_ms = this.#world.now();
    this.#wasVisible = visible;
  }

  stop(): void {
    this.#stopped = true;
  }

  #hearEach(): void {
    this.#video.requestVideoFrameCallback?.(() => {
      if (this.#stopped) return;
      this.#saw(1);
      this.#hearEach();
    });
  }

  #count(): { decoded: number; shown: number } {
    const quality = this.#video.getVideoPlaybackQuality?.();
    // The clock of a live video runs with its frames.
    if (quality === undefined) return { decoded: this.#video.currentTime, shown: this.#video.currentTime };
    return { decoded: quality.totalVideoFrames, shown: quality.totalVideoFrames - quality.droppedVideoFrames };
  }

  #saw(frames: number): void {
    // A paused video gives its first frame to be looked at, and no other.
    if (this.#video.paused) return;
    const first = this.#frames === 0;
    this.#frames += Math.ceil(frames);
    this.#lastAt_ms = this.#world.now();
    this.#world.shown(first);
  }

  #sawHidden(): void {
    if (this.#frames === 0) this.#saw(1);
    this.#lastAt_ms = this.#world.now();
  }
}
