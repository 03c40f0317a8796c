/** What a viewer is warned of while playing: no input for a while, little time left; pure. */
import type { PageModel } from './model';
import { elapsedText } from './elapsed';

export const IDLE_TITLE = 'Are you still there?';
export const IDLE_TEXT = 'There has been no input for a while. Move the mouse, press a key or touch the screen to go on playing.';
const SOON_ms = 5 * 60_000;
const VERY_SOON_ms = 60_000;
/** The words of the first warning go by then; the clock stays. */
const WORDS_ms = 20_000;

export type TimeLeft = { left_ms: number; stage: 'soon' | 'clock' | 'verySoon' };

/** How long this session may still last, once that is worth a word. */
export function timeLeft({ state, serverNow }: PageModel): TimeLeft | null {
  const endsBy = Date.parse(state.session?.endsBy ?? '');
  if ((state.name !== 'playing' && state.name !== 'reconnecting') || Number.isNaN(endsBy)) return null;
  const left_ms = Math.max(0, endsBy - serverNow);
  if (left_ms > SOON_ms) return null;
  if (left_ms <= VERY_SOON_ms) return { left_ms, stage: 'verySoon' };
  return { left_ms, stage: left_ms > SOON_ms - WORDS_ms ? 'soon' : 'clock' };
}

export function timeLeftTitle({ left_ms }: TimeLeft): string {
  return left_ms < 1000 ? 'This session ends now' : `This session ends in ${elapsedText(left_ms)}`;
}

/** Empty while the clock alone is enough. */
export function timeLeftText({ stage }: TimeLeft): string {
  if (stage === 'clock') return '';
  return stage === 'soon' ? 'Your time is nearly up. Finish what you are doing.' : 'It closes by itself when the time is up.';
}

export function idleCountdown(endsAt: number, now: number): string {
  const left_s = Math.max(0, Math.ceil((endsAt - now) / 1000));
  return left_s === 0 ? 'This session ends now.' : `This session ends in ${left_s} s to free its place.`;
}

/** For the announcer: changes with the facts, never with the clock; null when there is nothing to warn of. */
export function noticeAnnouncement(model: PageModel): string | null {
  if (model.idleEndsAt !== null) return `${IDLE_TITLE} ${IDLE_TEXT} Otherwise this session ends in a moment.`;
  const left = timeLeft(model);
  if (left === null) return null;
  return left.stage === 'verySoon' ? 'This session ends in less than a minute.' : 'This session ends in less than five minutes.';
}
