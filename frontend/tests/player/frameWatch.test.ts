import { beforeEach, describe, expect, it } from 'vitest';
import { FrameWatch, type WatchedVideo } from '#player/player/frameWatch';

/** A video as browsers have it: decodes by itself, tells of each shown frame while it is seen and not paused. */
class FakeVideo {
  paused = false;
  currentTime = 0;
  decoded = 0;
  dropped = 0;
  #next: (() => void) | null = null;
  getVideoPlaybackQuality = () => ({ totalVideoFrames: this.decoded, droppedVideoFrames: this.dropped }) as VideoPlaybackQuality;
  requestVideoFrameCallback = (call: unknown): number => {
    this.#next = call as () => void;
    return 1;
  };
  /** `shown` false: decoded, and thrown away. */
  frame(shown = true): void {
    this.decoded += 1;
    if (shown) this.currentTime += 0.033;
    else this.dropped += 1;
    const tell = this.#next;
    if (!shown || tell === null) return;
    this.#next = null;
    tell();
  }
}

describe('the frames a person can see', () => {
  let video: FakeVideo;
  let now: number;
  let visible: boolean;
  let firsts: number;
  const watch = (watched: object = video): FrameWatch =>
    new FrameWatch(watched as WatchedVideo, {
      now: () => now,
      visible: () => visible,
      shown: (first) => {
        firsts += Number(first);
      },
    });
  const pass = (subject: FrameWatch, ms: number, each: () => void = () => {}): void => {
    for (const end = now + ms; now < end; ) {
      now += 250;
      each();
      subject.look();
    }
  };
  beforeEach(() => {
    [video, now, visible, firsts] = [new FakeVideo(), 1000, true, 0];
  });

  it('are those shown, and the first of them is told once', () => {
    const subject = watch();
    pass(subject, 1000, () => video.frame());
    expect([subject.frames, firsts, subject.isStill]).toEqual([4, 1, false]);
  });

  it('are none of a video that decodes and was refused to play', () => {
    const subject = watch();
    video.paused = true;
    video.frame();
    pass(subject, 2000, () => video.frame(false));
    expect([subject.frames, firsts]).toEqual([0, 0]);
    video.paused = false;
    video.frame();
    expect([subject.frames, firsts]).toEqual([1, 1]);
  });

  it('stand still within 2 s of the last one, and no more when the next one comes', () => {
    const subject = watch();
    pass(subject, 1000, () => video.frame());
    pass(subject, 1500, () => video.frame(false));
    expect(subject.isStill).toBe(false);
    pass(subject, 250);
    expect([subject.isStill, subject.stalledFor_ms]).toEqual([true, 1750]);
    video.frame();
    expect(subject.isStill).toBe(false);
  });

  it('do not stand still before the first one, which is waited for elsewhere', () => {
    const subject = watch();
    pass(subject, 5000);
    expect(subject.isStill).toBe(false);
  });

  it('are not missed in a hidden tab, nor when one comes back to it', () => {
    const subject = watch();
    pass(subject, 1000, () => video.frame());
    visible = false;
    pass(subject, 60_000);
    expect(subject.isStill).toBe(false);
    visible = true;
    expect(subject.isStill).toBe(false);
    pass(subject, 1750);
    expect(subject.isStill).toBe(false);
    pass(subject, 250);
    expect(subject.isStill).toBe(true);
  });

  it('are as good as shown in a hidden tab whose video plays: nobody waiting in another tab loses the place', () => {
    const subject = watch();
    visible = false;
    video.paused = true;
    pass(subject, 1000, () => video.frame(false));
    expect(firsts).toBe(0);
    video.paused = false;
    pass(subject, 1000, () => video.frame(false));
    expect([firsts, subject.stalledFor_ms]).toEqual([1, 0]);
  });

  it.each([
    { desc: 'counted by the browser, the dropped ones taken off', lacks: { requestVideoFrameCallback: undefined } },
    { desc: 'told by the clock of the video', lacks: { requestVideoFrameCallback: undefined, getVideoPlaybackQuality: undefined } },
  ])('are, in an older browser, $desc', ({ lacks }) => {
    const old = new Proxy(video, {
      get: (target, name) => (name in lacks ? undefined : Reflect.get(target, name)),
      has: (target, name) => !(name in lacks) && name in target,
    });
    const subject = watch(old);
    pass(subject, 1000, () => video.frame(false));
    expect([subject.frames, firsts]).toEqual([0, 0]);
    pass(subject, 1000, () => video.frame());
    expect([subject.frames, firsts, subject.isStill]).toEqual([4, 1, false]);
    pass(subject, 2000, () => video.frame(false));
    expect(subject.isStill).toBe(true);
  });

  it('are none after the end', () => {
    const subject = watch();
    subject.stop();
    video.frame();
    expect(subject.frames).toBe(0);
  });
});
