/** The page's own sentences about what is happening; pure, so that they can be read in one place and tested. */
import type { PageState } from '../sessionMachine';
import { endWords, type EndWords } from '../statusReasons';
import type { PageModel } from './model';
import { lineText, MOVED_TEXT, MOVING_TITLE, movingText } from './movingWords';
import { noticeAnnouncement } from './noticeWords';

export interface Step {
  label: string;
  detail: string;
  status: 'done' | 'active' | 'todo';
}

export function waitingTitle(state: PageState): string {
  if (state.name === 'requesting') return 'Asking for a place';
  if (isLosingPlace(state)) return 'Finding another place';
  return state.name === 'waiting' ? 'You are in line' : 'Your place is ready';
}

/** Its machine goes before the picture came. */
function isLosingPlace(state: PageState): boolean {
  return state.name === 'joining' && state.session?.state === 'Migrating';
}

/** Why we are still here, in one or two sentences. */
export function waitingReason(model: PageModel): string {
  const { state } = model;
  if (state.name === 'requesting') return 'Looking for a machine that is already running the application.';
  if (state.name === 'waiting') {
    const place = state.session?.place ?? null;
    const where = place === null ? '' : place === 1 ? 'You are next. ' : `You are number ${place} in line. `;
    return `${where}${sentence(state.session?.reason ?? 'Every place is taken right now; a machine is being made ready.')}`;
  }
  if (isLosingPlace(state)) return `The machine reserved for you goes out of service. ${lineText(state.session?.place ?? null)}`;
  if (!model.joined) return 'A place is reserved for you. Opening the connection.';
  return 'The application is running. Waiting for its first picture.';
}

export function waitingSteps(model: PageModel): Step[] {
  const { state } = model;
  const reserved = (state.name === 'joining' && !isLosingPlace(state)) || state.name === 'playing';
  const slot = state.session?.slot ?? null;
  const where = [slot?.instanceType, slot?.zone].filter((part) => part != null && part !== '').join(', ');
  const status = (done: boolean, active: boolean): Step['status'] => (done ? 'done' : active ? 'active' : 'todo');
  return [
    { label: 'Signed in', detail: model.userName ?? '', status: 'done' },
    {
      label: reserved ? 'Place reserved' : state.name === 'waiting' ? 'In line' : 'Reserving a place',
      detail: reserved ? where : state.session?.place != null ? `place ${state.session.place}` : '',
      status: status(reserved, true),
    },
    { label: 'Connecting', detail: '', status: status(state.name === 'playing' || (reserved && model.joined), reserved) },
    { label: 'First picture', detail: '', status: status(state.name === 'playing', reserved && model.joined) },
  ];
}

/** How it ended, knowing whether it ended in the middle of a move. */
export function closingWords(state: PageState): EndWords {
  return endWords(state.statusReason, state.move !== null, state.session?.migrations ?? 0);
}

/** What the live region says when the state changes. */
export function announcement(model: PageModel): string {
  const { state } = model;
  const notice = noticeAnnouncement(model);
  switch (state.name) {
    case 'signedOut':
      return 'Signed out.';
    case 'ready':
      return 'Ready to play.';
    case 'requesting':
    case 'waiting':
    case 'joining':
      return `${waitingTitle(state)}. ${waitingReason(model)}`;
    case 'playing':
      if (state.move !== null) return `${MOVING_TITLE}. ${movingText(model, state.move)}`;
      if (notice !== null) return notice;
      if (state.moved !== null) return MOVED_TEXT;
      return `Playing ${model.applicationName}. Press Shift and Tab for the controls.`;
    case 'reconnecting':
      if (state.move !== null) return `${MOVING_TITLE}. ${movingText(model, state.move)}`;
      return 'The picture was lost. Reconnecting; your place is kept.';
    case 'ended':
      return `The session ended. ${closingWords(state).title}.`;
    case 'superseded':
      return 'This session goes on in another tab or on another device.';
    case 'failed':
      return state.problem?.message ?? 'Something went wrong.';
  }
}

function sentence(text: string): string {
  const trimmed = text.trim();
  const capital = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}
