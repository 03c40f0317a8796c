/** What the waiting room says; pure, so that it can be read in one place and tested. */
import { isInLine, type Line } from '#player/session/sessionLine';
import type { PageState } from '#player/session/pageState';
import type { PageModel } from './model';
import { lineText } from './movingWords';
import { ordinal, spokenWait, waitText } from './waitText';

export const MEASURING = 'We are still estimating how long this will take.';
/** A forecast comes every 10 s; older than this it is said to be old. */
const STALE_ms = 30_000;
const PLACE_KEPT =
  'If you close this page or lose the connection, we keep your place for 5 minutes. Come back within that time and you continue from the same place in line.';

/** What the waiting room explains to everyone, whatever their place. */
export const WHAT_COMES_NEXT: readonly [string, string][] = [
  [
    'When it is your turn',
    'The application opens here automatically. If your browser needs a click first, a button appears: press it promptly, because we can keep your turn only for a short time.',
  ],
  ['Meanwhile', 'You can use other tabs: the title of this tab shows your place in line.'],
  ['If you leave this page', PLACE_KEPT],
];

/** The viewer's place in line and its forecast; null while the session is not in line. */
export function lineShown(state: PageState): Line | null {
  const waits = state.name === 'waiting' || state.name === 'joining';
  return waits && state.session !== null && isInLine(state.session) ? state.line : null;
}

export function waitingTitle(state: PageState): string {
  if (state.name === 'requesting') return 'Requesting a server';
  if (isLosingPlace(state)) return 'Finding another server';
  if (state.name !== 'waiting') return 'It is your turn';
  const place = state.line?.place ?? null;
  if (place === null) return 'You are in line';
  return place === 1 ? 'You are next' : `You are ${ordinal(place)} in line`;
}

/** Whether the instance reserved for the viewer is lost before the first picture. */
export function isLosingPlace(state: PageState): boolean {
  return state.name === 'joining' && state.session?.state === 'Migrating';
}

/** Why the viewer is still waiting, in one or two sentences; while in line, in the words of the API. */
export function waitingReason(model: PageModel): string {
  const { state } = model;
  if (state.name === 'requesting') return 'Looking for a server that is ready to play.';
  if (isLosingPlace(state)) return `The server reserved for you is being taken out of service. ${lineText(state.line?.place ?? null)}`;
  if (state.name === 'waiting') {
    return sentences(state.line?.forecast?.reason ?? state.session?.reason ?? 'you are in line for a server');
  }
  if (!model.joined) return 'A server is reserved for you. Connecting to it now.';
  return 'You are connected. The video will appear in a moment.';
}

/** The time until the viewer's turn. Counts down between two forecasts, never goes below zero and is never empty. */
export function timeText(line: Line, now: number): string {
  const { forecast } = line;
  return forecast === null ? MEASURING : waitText((forecast.soon - now) / 1000, (forecast.late - now) / 1000);
}

/** A remark on the forecast: it is old, or it was too short. Empty while the forecast holds. */
export function timeNote(line: Line, now: number): string {
  const silent_ms = now - line.heardAt;
  if (silent_ms > STALE_ms)
    return `We have not heard from the service for ${Math.round(silent_ms / 1000)} seconds and are checking again. You have not lost your place in line.`;
  if (line.forecast !== null && line.forecast.late < now)
    return 'This is taking longer than we estimated. You have not lost your place in line.';
  return '';
}

/** How much of the wait is over, 0 to 1. It stays below 1 until a slot is assigned. */
export function progressOf(line: Line, now: number): number {
  if (line.forecast === null) return 0;
  const [waited, left] = [Math.max(0, now - line.since), Math.max(0, line.forecast.soon - now)];
  return Math.min(0.92, waited / Math.max(1, waited + left));
}

/** The title of the browser tab; null when the page's own name is enough. */
export function waitingTabTitle(model: PageModel): string | null {
  const { state } = model;
  if (state.name !== 'waiting')
    return state.name === 'joining' && !isLosingPlace(state) ? `It is your turn · ${model.applicationName}` : null;
  const place = state.line?.place ?? null;
  const where = place === null ? 'In line' : place === 1 ? 'Next in line' : `${ordinal(place)} in line`;
  return `${where} · ${model.applicationName}`;
}

/** The text for screen readers. Changes with the place and with the minute, never with the second. */
export function waitSpoken(line: Line, now: number): string {
  const { forecast } = line;
  return forecast === null ? MEASURING : `Time until your turn: ${spokenWait((forecast.soon - now) / 1000, (forecast.late - now) / 1000)}.`;
}

/** "you are next; the next server is free in about 0:26" → "The next server is free in about 0:26.": the title says the rest. */
export function sentences(reason: string): string {
  const clauses = reason.split('; ');
  const news = clauses.filter((clause) => clause !== 'you are next');
  return (news.length > 0 ? news : clauses).map(sentence).join(' ');
}

export function sentence(text: string): string {
  const trimmed = text.trim();
  const capital = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}
