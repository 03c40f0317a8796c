/** What the waiting room says; pure, so that it can be read in one place and tested. */
import { isInLine, type Line } from '#player/session/sessionLine';
import type { PageState } from '#player/session/sessionMachine';
import type { PageModel } from './model';
import { lineText } from './movingWords';
import { ordinal, spokenWait, waitText } from './waitText';

export const MEASURING = 'We are measuring how long it takes.';
/** A forecast comes every 10 s; older than this it is said to be old. */
const STALE_ms = 30_000;
const PLACE_KEPT =
  'If you close this page or lose the connection, we keep your place for 5 minutes. Come back and you go on waiting where you were.';

/** Beside the waiting itself; the same for everyone. */
export const WHAT_COMES_NEXT: readonly [string, string][] = [
  ['Your turn', 'The picture opens here by itself. There is nothing to press.'],
  ['Meanwhile', 'You may look at other tabs: the title of this one shows your place.'],
  ['If you go away', PLACE_KEPT],
];

/** The line this page stands in; null when what is missing is not a slot. */
export function lineShown(state: PageState): Line | null {
  const waits = state.name === 'waiting' || state.name === 'joining';
  return waits && state.session !== null && isInLine(state.session) ? state.line : null;
}

export function waitingTitle(state: PageState): string {
  if (state.name === 'requesting') return 'Asking for a place';
  if (isLosingPlace(state)) return 'Finding another place';
  if (state.name !== 'waiting') return 'Your place is ready';
  const place = state.line?.place ?? null;
  if (place === null) return 'You are in line';
  return place === 1 ? 'You are next' : `You are ${ordinal(place)} in line`;
}

/** Its machine goes before the picture came. */
export function isLosingPlace(state: PageState): boolean {
  return state.name === 'joining' && state.session?.state === 'Migrating';
}

/** Why we are still here, in one or two sentences: the server's own words while in line. */
export function waitingReason(model: PageModel): string {
  const { state } = model;
  if (state.name === 'requesting') return 'Looking for a machine that is already running the application.';
  if (isLosingPlace(state)) return `The machine reserved for you goes out of service. ${lineText(state.line?.place ?? null)}`;
  if (state.name === 'waiting') {
    return sentences(state.line?.forecast?.reason ?? state.session?.reason ?? 'you are in line for a place');
  }
  if (!model.joined) return 'A place is reserved for you. Opening the connection.';
  return 'The application is running. Waiting for its first picture.';
}

/** Time until the slot is there; runs down between two forecasts, never below nothing, and is never empty. */
export function timeText(line: Line, now: number): string {
  const { forecast } = line;
  return forecast === null ? MEASURING : waitText((forecast.soon - now) / 1000, (forecast.late - now) / 1000);
}

/** What must be known about the forecast; empty when it simply holds. */
export function timeNote(line: Line, now: number): string {
  const silent_ms = now - line.heardAt;
  if (silent_ms > STALE_ms) return `The last news is ${Math.round(silent_ms / 1000)} seconds old. We are asking again; your place is kept.`;
  if (line.forecast !== null && line.forecast.late < now) return 'This takes longer than we forecast. Your place is safe.';
  return '';
}

/** How far the way to the stage is walked, 0 to 1; it is never at its end before the slot is there. */
export function progressOf(line: Line, now: number): number {
  if (line.forecast === null) return 0;
  const [waited, left] = [Math.max(0, now - line.since), Math.max(0, line.forecast.soon - now)];
  return Math.min(0.92, waited / Math.max(1, waited + left));
}

/** For the tab's title; null where the page's own name is enough. */
export function waitingTabTitle(model: PageModel): string | null {
  const { state } = model;
  if (state.name !== 'waiting')
    return state.name === 'joining' && !isLosingPlace(state) ? `Your place is ready · ${model.applicationName}` : null;
  const place = state.line?.place ?? null;
  const where = place === null ? 'In line' : place === 1 ? 'Next in line' : `${ordinal(place)} in line`;
  return `${where} · ${model.applicationName}`;
}

/** For the ear: changes with the place and with the minute, never with the second. */
export function waitSpoken(line: Line, now: number): string {
  const { forecast } = line;
  return forecast === null ? MEASURING : `Time until your turn: ${spokenWait((forecast.soon - now) / 1000, (forecast.late - now) / 1000)}.`;
}

/** "you are next; the next place is free in about 0:26" → "The next place is free in about 0:26.": the title says the rest. */
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
