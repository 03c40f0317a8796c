/** How long a wait still takes, as people say it: a range, rounded so that it never claims to know more than it does. */

const MINUTE_s = 60;
const HOUR_s = 3600;

/**
 * Both ends in seconds from now, the near one rounded, the far one rounded up.
 *
 * 110, 230 → "about 2 to 4 minutes"; 40, 70 → "about 45 seconds to 1½ minutes"; -5, 100 → "any moment now, at most
 * about 2 minutes"; both past → "any moment now".
 */
export function waitText(soon_s: number, late_s: number): string {
  if (late_s <= 0) return 'any moment now';
  const late = roundUp(late_s);
  if (soon_s <= 5) return `any moment now, at most about ${amount(late)}`;
  const soon = Math.max(10, Math.round(soon_s / stepOf(soon_s)) * stepOf(soon_s));
  if (soon >= late) return `about ${amount(late)}`;
  const [near, far] = [amount(soon), amount(late)];
  return `about ${sameUnit(soon, late) ? near.slice(0, near.indexOf(' ')) : near} to ${far}`;
}

/** The same for the ear: below three minutes it changes with the minute only. */
export function spokenWait(soon_s: number, late_s: number): string {
  if (late_s <= 0 || soon_s >= 3 * MINUTE_s) return waitText(soon_s, late_s);
  const [soon, late] = [Math.round(soon_s / MINUTE_s), Math.ceil(late_s / MINUTE_s)];
  if (soon <= 0) return late === 1 ? 'less than a minute' : `less than ${late} minutes`;
  return waitText(soon * MINUTE_s, late * MINUTE_s);
}

/** A countdown to a known hour: "0:42", "12:05", "3 h 20 min", "2 days 4 h". */
export function countdown(left_ms: number): string {
  const left_s = Math.max(0, Math.ceil(left_ms / 1000));
  const [days, hours, minutes] = [Math.floor(left_s / 86_400), Math.floor(left_s / HOUR_s) % 24, Math.floor(left_s / MINUTE_s) % 60];
  if (days > 0) return `${days} ${days === 1 ? 'day' : 'days'} ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return `${minutes}:${String(left_s % 60).padStart(2, '0')}`;
}

/** 1 → "1st", 12 → "12th", 23 → "23rd". */
export function ordinal(place: number): string {
  const tail = place % 100 >= 11 && place % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][place % 10] ?? 'th');
  return `${place}${tail}`;
}

function stepOf(seconds: number): number {
  if (seconds < 25) return 10;
  if (seconds < MINUTE_s) return 15;
  if (seconds < 3 * MINUTE_s) return 30;
  if (seconds < 20 * MINUTE_s) return MINUTE_s;
  return seconds < HOUR_s ? 5 * MINUTE_s : HOUR_s / 2;
}

function roundUp(seconds: number): number {
  return Math.ceil(seconds / stepOf(seconds)) * stepOf(seconds);
}

function sameUnit(one: number, other: number): boolean {
  return unitOf(one) === unitOf(other);
}

function unitOf(seconds: number): number {
  return seconds < MINUTE_s ? 1 : seconds < HOUR_s ? MINUTE_s : HOUR_s;
}

function amount(seconds: number): string {
  const unit = unitOf(seconds);
  const count = seconds / unit;
  const name = unit === 1 ? 'second' : unit === MINUTE_s ? 'minute' : 'hour';
  const number = Number.isInteger(count) ? String(count) : `${Math.floor(count)}½`;
  return `${number} ${count === 1 ? name : `${name}s`}`;
}
