/** Why a session ended, said to the person who was in it. */

export interface EndWords {
  title: string;
  text: string;
}

export const END_WORDS: Readonly<Record<string, EndWords>> = {
  userLeft: { title: 'You left the stage', text: 'Your place is being cleared and goes to the next player.' },
  cancelled: { title: 'Request cancelled', text: 'You left before the picture began. Nothing is reserved for you any more.' },
  idleTimeout: { title: 'Ended while you were away', text: 'There was no input for a while, so the session was closed to free its place.' },
  connectionTimeout: {
    title: 'The picture never reached you',
    text: 'Your place was ready, but this browser did not connect in time. A firewall or VPN that blocks UDP is the usual cause.',
  },
  reconnectionTimeout: {
    title: 'The connection was lost',
    text: 'You were away longer than your place is kept, so the session was closed.',
  },
  maxSessionLength: { title: 'Time is up', text: 'This session reached the longest time one session may last.' },
  applicationExit: {
    title: 'The application closed',
    text: 'The application ended by itself. If you did not close it, it may have crashed.',
  },
  spotInterrupted: {
    title: 'The machine was called back',
    text: 'The cloud provider took back the machine this session ran on, and the session could not go on elsewhere.',
  },
  instanceUnhealthy: { title: 'The machine stopped answering', text: 'The machine this session ran on failed. It is being replaced.' },
  capacityUnavailable: {
    title: 'No machine was available',
    text: 'The cloud provider had no suitable machine to offer. Trying again in a few minutes often works.',
  },
  quotaExceeded: {
    title: 'Today’s playing time is used up',
    text: 'Playing time is limited for each day: yours, your organisation’s, or that of everybody together. What was left for today has been played.',
  },
  budgetExceeded: { title: 'The budget is used up', text: 'The operator’s spending limit was reached, so no new session can run for now.' },
  eventEnded: { title: 'The event is over or was called off', text: 'The places reserved for it were given back.' },
  operatorTerminated: { title: 'Ended by the operator', text: 'Someone who runs this service ended the session.' },
  internalError: {
    title: 'Something went wrong on our side',
    text: 'The session had to be ended. It was not your doing; please try again.',
  },
};

/** Not connected in time, because the browser played nothing before a click. */
export const NOT_STARTED: EndWords = {
  title: 'The picture was not started',
  text: 'Your place was ready, but your browser starts no picture by itself, and the button for it was not pressed in time. Your place went to the next player.',
};

/** Cancelled, and not by this tab. */
export const PLACE_LOST: EndWords = {
  title: 'Your place was given up',
  text: 'A place in line is kept for 5 minutes after its page went away, and this one was away longer, or you cancelled it from somewhere else.',
};

/** The same ends in the middle of a move to another machine. */
const MOVING_WORDS: Readonly<Record<string, EndWords>> = {
  userLeft: {
    title: 'You left during the move',
    text: 'The machine you played on was going out of service, and you left before another one had taken over. Nothing is reserved for you any more.',
  },
  spotInterrupted: {
    title: 'The machine was called back',
    text: 'The cloud provider took back the machine you played on. We tried to move you to another one, and none was ready in time.',
  },
  instanceUnhealthy: {
    title: 'The machine stopped answering',
    text: 'The machine you played on failed. We tried to move you to another one, and none was ready in time.',
  },
};
/** The server moves a session no more often than this; then it ends. */
const MOST_MIGRATIONS = 3;
const MOVED_ENOUGH = 'This session had been moved to other machines as often as is allowed, and the last one went too.';

const UNKNOWN: EndWords = { title: 'The session ended', text: 'It was closed without giving a reason.' };

/** A reason this page does not know yet is shown as it came rather than hidden. */
export function endWords(statusReason: string | null, whileMoving = false, migrations = 0): EndWords {
  if (statusReason === null) return UNKNOWN;
  const known = END_WORDS[statusReason];
  if (known === undefined) return { ...UNKNOWN, text: `Reason given: ${statusReason}.` };
  const lost = statusReason === 'spotInterrupted' || statusReason === 'instanceUnhealthy';
  if (lost && migrations >= MOST_MIGRATIONS) return { ...known, text: MOVED_ENOUGH };
  return (whileMoving ? MOVING_WORDS[statusReason] : undefined) ?? known;
}
