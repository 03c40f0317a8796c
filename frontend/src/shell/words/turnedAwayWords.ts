/** What a viewer reads when the API refuses a place in line: why, and when to come back. Pure. */
import type { Problem, ProblemKind } from '#player/api/problems';
import type { PageModel } from './model';
import { countdown } from './waitText';
import { sentence } from './waitingWords';

export interface TurnedAway {
  title: string;
  text: string;
  /** When trying again may help (ms, this tab's clock); null when that is unknown. */
  againAt: number | null;
  /** What the countdown counts to. */
  label: string;
}

const REFUSALS: readonly ProblemKind[] = ['lineFull', 'closed', 'notOpen', 'quotaExceeded', 'killSwitch'];

const BEFORE_EVENT = 'The line opens shortly before the event begins. The time is shown below.';
const NO_DATE = 'This application is only open during events, and none is scheduled yet. This has nothing to do with your account.';

/** Null when the page shows no refusal. Times come from the server and are converted to this tab's clock. */
export function turnedAway(model: Pick<PageModel, 'state' | 'now' | 'serverNow'>): TurnedAway | null {
  const { problem, name, since } = model.state;
  if (name !== 'failed' || problem === null || !REFUSALS.includes(problem.kind)) return null;
  const local = (at: number | null): number | null => (at === null ? null : at - (model.serverNow - model.now));
  const { retryAfter_s, tryAgainAt, opensAt } = problem.facts;
  const later = retryAfter_s === null ? local(tryAgainAt) : since + retryAfter_s * 1000;
  switch (problem.kind) {
    case 'lineFull':
      return {
        title: 'The line is full',
        text: 'Too many people are waiting already, so nobody else can join the line at the moment.',
        againAt: later,
        label: 'You can try again in',
      };
    case 'notOpen':
      return {
        title: 'Not open yet',
        text: opensAt === null ? NO_DATE : BEFORE_EVENT,
        againAt: local(opensAt) ?? later,
        label: 'You can join the line in',
      };
    case 'closed':
      return {
        title: 'Closed for now',
        text: 'The operator has closed this application and has not said when it will open again. This has nothing to do with your account.',
        againAt: null,
        label: '',
      };
    case 'killSwitch':
      return {
        title: 'New sessions are paused',
        text: stopText(problem),
        againAt: retryAfter_s === null ? null : later,
        label: 'You can try again in',
      };
    default:
      return quotaRefusal(problem, later);
  }
}

/** Whether the button can be pressed: always, when no time is known. */
export function mayAskAgain(refusal: TurnedAway, now: number): boolean {
  return refusal.againAt === null || now >= refusal.againAt;
}

export function againText(refusal: TurnedAway, now: number): string {
  return refusal.againAt === null || mayAskAgain(refusal, now) ? '' : countdown(refusal.againAt - now);
}

/** A time in the viewer's own time zone: "today at 20:00 (Europe/Berlin)", "on Friday, 3 July at 20:00 (…)". */
export function hourText(at: number, now: number, zone = localZone(), locale?: string): string {
  const time = new Date(at).toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit', timeZone: zone });
  return `${dayText(at, now, zone, locale)} at ${time} (${zone.replaceAll('_', ' ')})`;
}

/** The text for screen readers: read when the page opens, and again when the button works. */
export function refusalAnnouncement(refusal: TurnedAway, now: number): string {
  if (refusal.againAt === null) return `${refusal.title}. ${refusal.text}`;
  if (mayAskAgain(refusal, now)) return 'You can try again now.';
  return `${refusal.title}. ${refusal.text} You can try again ${hourText(refusal.againAt, now)}.`;
}

function dayText(at: number, now: number, zone: string, locale?: string): string {
  const day = (moment: number): string => new Date(moment).toLocaleDateString('en-CA', { timeZone: zone });
  if (day(at) === day(now)) return 'today';
  if (day(at) === day(now + 86_400_000)) return 'tomorrow';
  return `on ${new Date(at).toLocaleDateString(locale, { weekday: 'long', day: 'numeric', month: 'long', timeZone: zone })}`;
}

function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function stopText(problem: Problem): string {
  const why = problem.facts.reason ?? problem.told;
  return why === null
    ? 'New sessions cannot be started at the moment.'
    : `New sessions cannot be started at the moment. The operator says: “${sentence(why)}”`;
}

const WHOSE: Readonly<Record<string, string>> = { tenant: 'Your organisation', account: 'This service', 'viewer-day': 'You' };

function quotaRefusal(problem: Problem, later: number | null): TurnedAway {
  const { quota, limit } = problem.facts;
  // Waiting does not help against a limit of 0.
  const againAt = limit === 0 ? null : later;
  const label = quota?.endsWith('PerDay') ? 'You can play again in' : 'You can try again in';
  return { title: QUOTA_TITLES[quota ?? ''] ?? 'A limit has been reached', text: quotaText(problem), againAt, label };
}

const QUOTA_TITLES: Readonly<Record<string, string>> = {
  gpuMinutesPerDay: 'Today’s playing time is used up',
  sessionsPerDay: 'No more sessions today',
};

/** Which limit, and whose. */
function quotaText(problem: Problem): string {
  const { scope, quota, limit } = problem.facts;
  const who = WHOSE[scope ?? ''] ?? 'Someone';
  const has = who === 'You' ? 'You have' : `${who} has`;
  const number = limit === null ? 'as many' : String(limit);
  if (limit === 0)
    return `The session limit for ${who === 'You' ? 'you' : who.toLowerCase()} is set to 0, so no session can start. Waiting will not help; ask the people who run this service.`;
  if (quota === 'concurrentSessions')
    return `${has} ${number} ${limit === 1 ? 'session' : 'sessions'} running, the maximum at one time. A new session can start as soon as ${limit === 1 ? 'it' : 'one of them'} ends.`;
  if (quota === 'sessionsPerDay') return `${has} started ${number} ${limit === 1 ? 'session' : 'sessions'} today, the maximum for one day.`;
  if (quota === 'gpuMinutesPerDay')
    return `${has} used all of today’s playing time${limit === null ? '' : ` (${limit} ${limit === 1 ? 'minute' : 'minutes'})`}.`;
  return `${has} reached a usage limit, so no new session can start for now. Please try again later.`;
}
