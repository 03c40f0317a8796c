/** The page's own sentences about what is happening; pure, so that they can be read in one place and tested. */
import type { PageState } from '../sessionMachine';
import { endWords } from '../statusReasons';
import type { PageModel } from './model';

export interface Step {
  label: string;
  detail: string;
  status: 'done' | 'active' | 'todo';
}

/** 65_000 → "1:05", 3_700_000 → "1:01:40". */
export function elapsedText(duration_ms: number): string {
  const total_s = Math.max(0, Math.floor(duration_ms / 1000));
  const [hours, minutes, seconds] = [Math.floor(total_s / 3600), Math.floor(total_s / 60) % 60, total_s % 60];
  const tail = `${String(seconds).padStart(2, '0')}`;
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
}

export function waitingTitle(state: PageState): string {
  if (state.name === 'requesting') return 'Asking for a place';
  return state.name === 'waiting' ? 'You are in line' : 'Your place is ready';
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
  if (!model.joined) return 'A place is reserved for you. Opening the connection.';
  return 'The application is running. Waiting for its first picture.';
}

export function waitingSteps(model: PageModel): Step[] {
  const { state } = model;
  const reserved = state.name === 'joining' || state.name === 'playing';
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
    { label: 'Connecting', detail: '', status: status(state.name === 'playing' || model.joined, reserved) },
    { label: 'First picture', detail: '', status: status(state.name === 'playing', model.joined) },
  ];
}

/** What the live region says when the state changes. */
export function announcement(model: PageModel): string {
  const { state } = model;
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
      return `Playing ${model.applicationName}. Press Shift and Tab for the controls.`;
    case 'reconnecting':
      return 'The picture was lost. Reconnecting; your place is kept.';
    case 'ended':
      return `The session ended. ${endWords(state.statusReason).title}.`;
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
