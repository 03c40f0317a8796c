/** What a viewer reads while the session moves to another server, and after the move; pure. */
import { isHandedOver, type Move } from '#player/session/sessionMove';
import type { PageModel } from './model';
import { elapsedText } from '../../elements/elapsed';
import { ordinal } from './waitText';

export const MOVING_TITLE = 'Moving you to another server';
export const MOVED_TEXT = 'You are on another server now. The application has restarted there, so anything it had not saved is lost.';
/** How long the note after a move stays on screen; it fades out before the end. */
export const MOVED_NOTE_ms = 8000;

const WHY: Readonly<Record<string, string>> = {
  spotInterrupted: 'The cloud company that we rent this server from needs it back.',
  instanceUnhealthy: 'The server you were playing on has stopped responding.',
};

/** Why the session moves and how far the move is. Changes with the facts, never with the clock. */
export function movingText(model: PageModel, move: Move): string {
  const why = (move.reason === null ? undefined : WHY[move.reason]) ?? 'The server you are playing on is being taken out of service.';
  return `${why} ${progress(model, move)}`;
}

/** How long the old picture keeps running; empty when that is unknown or no longer matters. */
export function countdownText(model: PageModel, move: Move): string {
  if (move.pictureUntil === null || isHandedOver(model.state.session, move)) return '';
  const left_ms = move.pictureUntil - model.now;
  if (left_ms < 1000) return 'The video may stop at any moment.';
  return `You can keep playing here until this server stops, at the latest in ${elapsedText(left_ms)}.`;
}

/** Whether the note after a move is still shown. */
export function isJustMoved(model: PageModel): boolean {
  const { name, move, moved } = model.state;
  return name === 'playing' && move === null && moved !== null && model.now - moved.at < MOVED_NOTE_ms;
}

function progress(model: PageModel, move: Move): string {
  if (isHandedOver(model.state.session, move)) return 'Another server is reserved for you. You will be playing there shortly.';
  return lineText(model.state.session?.place ?? null);
}

/** The session's position in line for another server; null while it has none. */
export function lineText(place: number | null): string {
  if (place === null) return 'We are looking for another server for you.';
  return place === 1 ? 'You are next in line for another server.' : `You are ${ordinal(place)} in line for another server.`;
}
