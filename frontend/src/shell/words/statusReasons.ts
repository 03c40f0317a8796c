/** Why a session ended, in words for the viewer. */

export interface EndWords {
  title: string;
  text: string;
}

export const END_WORDS: Readonly<Record<string, EndWords>> = {
  userLeft: { title: 'You left the session', text: 'Your place is being reset for the next player.' },
  cancelled: { title: 'Request cancelled', text: 'You cancelled before the picture appeared. Nothing is reserved for you any more.' },
  idleTimeout: {
    title: 'Ended while you were away',
    text: 'There was no input for a while, so the session was closed and its place given to someone else.',
  },
  connectionTimeout: {
    title: 'The picture never reached you',
    text: 'Your place was ready, but this browser did not connect in time. A firewall or VPN that blocks UDP is the usual cause.',
  },
  reconnectionTimeout: {
    title: 'The connection was lost',
    text: 'You were disconnected for longer than we can keep a place, so the session was closed.',
  },
  maxSessionLength: { title: 'Time is up', text: 'This session reached the maximum length of a session.' },
  applicationExit: {
    title: 'The application closed',
    text: 'The application ended on its own. If you did not close it, it may have crashed.',
  },
  spotInterrupted: {
    title: 'The server was taken back',
    text: 'The cloud provider took back the server that your session was running on, and the session could not continue on another one.',
  },
  instanceUnhealthy: {
    title: 'The server stopped responding',
    text: 'The server that your session was running on failed. It is being replaced.',
  },
  capacityUnavailable: {
    title: 'No server was available',
    text: 'The cloud provider had no suitable server to offer. Trying again in a few minutes often works.',
  },
  quotaExceeded: {
    title: 'Today’s playing time is used up',
    text: 'There is a daily limit on playing time: for you, for your organisation, or for this service as a whole. It is used up for today.',
  },
  budgetExceeded: {
    title: 'The budget is used up',
    text: 'The operator’s spending limit has been reached, so no new session can start for now.',
  },
  eventEnded: { title: 'The event is over or was cancelled', text: 'The places that were reserved for it have been released.' },
  operatorTerminated: { title: 'Ended by the operator', text: 'An operator of this service ended the session.' },
  internalError: {
    title: 'Something went wrong on our side',
    text: 'We had to end the session. It was nothing you did; please try again.',
  },
};

/** The viewer did not connect in time, because the browser waited for a click. */
export const NOT_STARTED: EndWords = {
  title: 'The picture was not started',
  text: 'Your place was ready, but your browser waits for a click before it shows the picture, and the button was not pressed in time. Your place went to the next player.',
};

/** The session was cancelled, and not by this tab. */
export const PLACE_LOST: EndWords = {
  title: 'Your place was given up',
  text: 'We keep a place in line for 5 minutes after its page is closed or loses the connection. This page was away for longer, or you cancelled from another tab or device.',
};

/** The same ends, reached while the session was moving to another server. */
const MOVING_WORDS: Readonly<Record<string, EndWords>> = {
  userLeft: {
    title: 'You left during the move',
    text: 'Your server was being taken out of service, and you left before another one was ready. Nothing is reserved for you any more.',
  },
  spotInterrupted: {
    title: 'The server was taken back',
    text: 'The cloud provider took back the server you were playing on. We tried to move you to another one, but none was ready in time.',
  },
  instanceUnhealthy: {
    title: 'The server stopped responding',
    text: 'The server you were playing on failed. We tried to move you to another one, but none was ready in time.',
  },
};
/** The server moves a session no more often than this; then it ends. */
const MOST_MIGRATIONS = 3;
const MOVED_ENOUGH = 'This session had already been moved to another server as often as is allowed, and then that server was lost too.';

const UNKNOWN: EndWords = { title: 'The session ended', text: 'No reason was given.' };

/** The title and text for a reason. A reason that this page does not know is shown as it is rather than hidden. */
export function endWords(statusReason: string | null, whileMoving = false, migrations = 0): EndWords {
  if (statusReason === null) return UNKNOWN;
  const known = END_WORDS[statusReason];
  if (known === undefined) return { ...UNKNOWN, text: `Reason given: ${statusReason}.` };
  const lost = statusReason === 'spotInterrupted' || statusReason === 'instanceUnhealthy';
  if (lost && migrations >= MOST_MIGRATIONS) return { ...known, text: MOVED_ENOUGH };
  return (whileMoving ? MOVING_WORDS[statusReason] : undefined) ?? known;
}
