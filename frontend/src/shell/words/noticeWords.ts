/** What a viewer is told over the picture: it must be started, is lost, stands still; no input, little time left; pure. */
import type { PageModel } from './model';
import { elapsedText } from '../../elements/elapsed';

export const IDLE_TITLE = 'Are you still there?';
export const IDLE_TEXT = 'There has been no input for a while. Move the mouse, press a key or touch the screen to go on playing.';
export const START_LABEL = 'Tap to start';
export const START_TEXT = 'Your browser does not start the picture by itself.';
export const STILL_TITLE = 'The picture is standing still';
export const LOST_TEXT = 'The picture was lost. Reconnecting… your place is kept for you.';
const SOON_ms = 5 * 60_000;
const VERY_SOON_ms = 60_000;
/** The words of the first warning go by then; the clock stays. */
const WORDS_ms = 20_000;

export type TimeLeft = { left_ms: number; stage: 'soon' | 'clock' | 'verySoon' };

/** Whether the picture waits for a click of the viewer's. */
export function isStartWanted({ playBlocked, state }: PageModel): boolean {
  return playBlocked && (state.name === 'joining' || state.name === 'playing' || state.name === 'reconnecting');
}

/** Empty while nothing is lost, or where other words say all there is to say: the move's, or what must be pressed. */
export function lostText(model: PageModel): string {
  const { name, move } = model.state;
  return name === 'reconnecting' && move === null && !isStartWanted(model) ? LOST_TEXT : '';
}

export function stillText(stillFor_ms: number): string {
  return `No new frame for ${Math.max(2, Math.round(stillFor_ms / 1000))} seconds. Your session is still running; the picture goes on here as soon as frames arrive.`;
}

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
  if (isStartWanted(model)) return `${START_LABEL}. ${START_TEXT}`;
  if (model.idleEndsAt !== null) return `${IDLE_TITLE} ${IDLE_TEXT} Otherwise this session ends in a moment.`;
  if (model.stillFor_ms !== null) return `${STILL_TITLE}. Your session is still running.`;
  const left = timeLeft(model);
  if (left === null) return null;
  return left.stage === 'verySoon' ? 'This session ends in less than a minute.' : 'This session ends in less than five minutes.';
}
