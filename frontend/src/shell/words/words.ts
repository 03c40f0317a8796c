/** The page's own sentences about what is happening; pure, so that they can be read in one place and tested. */
import type { PageState } from '#player/session/pageState';
import { endWords, NOT_STARTED, PLACE_LOST, type EndWords } from './statusReasons';
import type { PageModel } from './model';
import { ordinal } from './waitText';
import { MOVED_TEXT, MOVING_TITLE, movingText } from './movingWords';
import { refusalAnnouncement, turnedAway } from './turnedAwayWords';
import { isLosingPlace, waitingReason, waitingTitle } from './waitingWords';
import { noticeAnnouncement } from './noticeWords';

const DAY_ms = 86_400_000;

/** Shown after a reload, until the page knows whether the session still runs. */
export const FINDING = 'One moment: we are checking whether you already have a session.';

export interface Step {
  label: string;
  detail: string;
  status: 'done' | 'active' | 'todo';
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
      label: reserved ? 'Server reserved' : state.name === 'waiting' ? 'In line' : 'Reserving a server',
      detail: reserved ? where : state.line?.place != null ? `${ordinal(state.line.place)} in line` : '',
      status: status(reserved, true),
    },
    { label: 'Connecting', detail: '', status: status(state.name === 'playing' || (reserved && model.joined), reserved) },
    { label: 'Video', detail: '', status: status(state.name === 'playing', reserved && model.joined) },
  ];
}

/** The words for the end of a session; an end during a move has words of its own. */
export function closingWords(state: PageState): EndWords {
  if (state.statusReason === 'cancelled' && !state.leftHere) return PLACE_LOST;
  if (state.statusReason === 'connectionTimeout' && state.unstarted) return NOT_STARTED;
  return endWords(state.statusReason, state.move !== null, state.session?.migrations ?? 0);
}

/** When a day's used-up playing time comes back: days are counted in UTC. Null unless that is why the session ended. */
export function playingTimeBackAt({ statusReason, session }: PageState): number | null {
  const end = Date.parse(session?.endsBy ?? session?.endedAt ?? '');
  return statusReason === 'quotaExceeded' && !Number.isNaN(end) ? (Math.floor(end / DAY_ms) + 1) * DAY_ms : null;
}

function refusalText(model: PageModel): string | null {
  const refusal = turnedAway(model);
  return refusal === null ? null : refusalAnnouncement(refusal, model.now);
}

/** What screen readers hear when the state changes; LineSpeaker reads the place in line. */
export function announcement(model: PageModel): string {
  const { state } = model;
  const notice = noticeAnnouncement(model);
  switch (state.name) {
    case 'signedOut':
      return 'Signed out.';
    case 'ready':
      return state.finding ? FINDING : 'Ready to play.';
    case 'requesting':
    case 'waiting':
    case 'joining':
      if (notice !== null) return notice;
      return `${waitingTitle(state)}. ${waitingReason(model)}`;
    case 'playing':
      if (state.move !== null) return `${MOVING_TITLE}. ${movingText(model, state.move)}`;
      if (notice !== null) return notice;
      if (state.moved !== null) return MOVED_TEXT;
      return `Playing ${model.applicationName}. Press Shift+Tab to reach the buttons of the player.`;
    case 'reconnecting':
      if (state.move !== null) return `${MOVING_TITLE}. ${movingText(model, state.move)}`;
      return 'The video connection was lost. Reconnecting. Your session is kept for you.';
    case 'ended':
      return `${closingWords(state).title}.`;
    case 'superseded':
      return 'This session is now open in another tab or on another device.';
    case 'failed':
      return refusalText(model) ?? state.problem?.message ?? 'Something went wrong.';
  }
}
