/** What a viewer is told while being moved to another machine, and after; pure. */
import { isHandedOver, type Move } from '#player/session/sessionMove';
import type { PageModel } from './model';
import { elapsedText } from '../../elements/elapsed';

export const MOVING_TITLE = 'Moving you to another machine';
export const MOVED_TEXT = 'You are on another machine now. Your session goes on; the application was started fresh for you.';
/** The note after a move has gone by then; it fades before. */
export const NOTE_ms = 8000;

const WHY: Readonly<Record<string, string>> = {
  spotInterrupted: 'The cloud provider is taking this machine back.',
  instanceUnhealthy: 'The machine you were on stopped answering.',
};

/** Why, and how far it is: changes with the facts, never with the clock. */
export function movingText(model: PageModel, move: Move): string {
  const why = (move.reason === null ? undefined : WHY[move.reason]) ?? 'The machine you were on goes out of service.';
  return `${why} ${progress(model, move)}`;
}

/** How long the old picture still runs; empty when nobody knows or it does not matter any more. */
export function countdownText(model: PageModel, move: Move): string {
  if (move.pictureUntil === null || isHandedOver(model.state.session, move)) return '';
  const left_ms = move.pictureUntil - model.now;
  if (left_ms < 1000) return 'This picture may stop at any moment.';
  return `You can go on playing: this picture runs for up to ${elapsedText(left_ms)} more.`;
}

/** Whether the note after a move is still up. */
export function isJustMoved(model: PageModel): boolean {
  const { name, move, moved } = model.state;
  return name === 'playing' && move === null && moved !== null && model.now - moved.at < NOTE_ms;
}

function progress(model: PageModel, move: Move): string {
  if (isHandedOver(model.state.session, move)) return 'Another one is reserved for you; its picture comes next.';
  return lineText(model.state.session?.place ?? null);
}

/** Where in line for another machine. */
export function lineText(place: number | null): string {
  if (place === null) return 'Another one is being found for you.';
  return place === 1 ? 'You are next in line for another one.' : `You are number ${place} in line for another one.`;
}
