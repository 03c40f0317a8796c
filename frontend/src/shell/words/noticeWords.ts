/** What a viewer reads over the picture: press to start, picture lost, picture frozen, no input, little time left; pure. */
import type { PageModel } from './model';
import { elapsedText } from '../../elements/elapsed';

export const IDLE_TITLE = 'Are you still there?';
export const IDLE_TEXT =
  'You have not done anything for a while. Move the mouse, press a key, use your gamepad or touch the screen to keep playing.';
export const START_LABEL = 'Press to start';
export const START_TEXT = 'Your browser needs a click or a key press before it can show the video.';
export const STILL_TITLE = 'The video is frozen';
export const LOST_TEXT = 'The video connection was lost. Reconnecting… Your session is kept for you.';
const SOON_ms = 5 * 60_000;
const VERY_SOON_ms = 60_000;
/** How long the words of the first warning are shown; the clock stays. */
const WORDS_ms = 20_000;

export type TimeLeft = { left_ms: number; phase: 'soon' | 'clock' | 'verySoon' };

/** Whether the browser waits for the viewer's click before it shows the picture. */
export function isStartWanted({ playBlocked, state }: PageModel): boolean {
  return playBlocked && (state.name === 'joining' || state.name === 'playing' || state.name === 'reconnecting');
}

/** Empty while nothing is lost, and while another notice (a move, or the button to start) already explains it. */
export function lostText(model: PageModel): string {
  const { name, move } = model.state;
  return name === 'reconnecting' && move === null && !isStartWanted(model) ? LOST_TEXT : '';
}

export function stillText(stillFor_ms: number): string {
  return `No new picture for ${Math.max(2, Math.round(stillFor_ms / 1000))} seconds. Your session is still running, and the video will continue as soon as the connection recovers.`;
}

/** How much time this session has left; null until it is short enough to mention. */
export function timeLeft({ state, serverNow }: PageModel): TimeLeft | null {
  const endsBy = Date.parse(state.session?.endsBy ?? '');
  if ((state.name !== 'playing' && state.name !== 'reconnecting') || Number.isNaN(endsBy)) return null;
  const left_ms = Math.max(0, endsBy - serverNow);
  if (left_ms > SOON_ms) return null;
  if (left_ms <= VERY_SOON_ms) return { left_ms, phase: 'verySoon' };
  return { left_ms, phase: left_ms > SOON_ms - WORDS_ms ? 'soon' : 'clock' };
}

export function timeLeftTitle({ left_ms }: TimeLeft): string {
  return left_ms < 1000 ? 'This session is ending now' : `This session ends in ${elapsedText(left_ms)}`;
}

/** The words beside the clock; empty while the clock alone is enough. */
export function timeLeftText({ phase }: TimeLeft): string {
  if (phase === 'clock') return '';
  return phase === 'soon'
    ? 'Your time is nearly up. Please finish what you are doing.'
    : 'The session will close automatically when the time is up.';
}

export function idleCountdown(endsAt: number, now: number): string {
  const left_s = Math.max(0, Math.ceil((endsAt - now) / 1000));
  return left_s === 0
    ? 'This session is ending now.'
    : `Otherwise this session ends in ${left_s} ${left_s === 1 ? 'second' : 'seconds'}, so that someone else can play.`;
}

/** The text for screen readers. Changes with the facts, never with the clock; null when there is nothing to warn of. */
export function noticeAnnouncement(model: PageModel): string | null {
  if (isStartWanted(model)) return `${START_LABEL}. ${START_TEXT}`;
  if (model.idleEndsAt !== null) return `${IDLE_TITLE} ${IDLE_TEXT} Otherwise this session ends soon.`;
  if (model.stillFor_ms !== null) return `${STILL_TITLE}. Your session is still running.`;
  const left = timeLeft(model);
  if (left === null) return null;
  return left.phase === 'verySoon' ? 'This session ends in less than a minute.' : 'This session ends in less than five minutes.';
}
