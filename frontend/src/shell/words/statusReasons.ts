/** Why a session ended, in words for the viewer. */

export interface EndWords {
  title: string;
  text: string;
}

export const END_WORDS: Readonly<Record<string, EndWords>> = {
  userLeft: { title: 'You left the session', text: 'The server is being prepared for the next player.' },
  cancelled: { title: 'Request cancelled', text: 'You cancelled before the video appeared. Nothing is reserved for you any more.' },
  idleTimeout: {
    title: 'Ended while you were away',
    text: 'There was no input for a while, so the session was closed to let someone else play.',
  },
  connectionTimeout: {
    title: 'We could not connect you',
    text: 'A server was ready, but your browser did not connect to it in time. The usual cause is a firewall or VPN that blocks video (UDP). Turn off the VPN or try another network.',
  },
  reconnectionTimeout: {
    title: 'The connection was lost',
    text: 'You were disconnected for too long, so the session was closed.',
  },
  maxSessionLength: { title: 'Time is up', text: 'This session reached its time limit.' },
  applicationExit: {
    title: 'The application closed',
    text: 'The application is no longer running. If you did not close it yourself, it may have crashed.',
  },
  spotInterrupted: {
    title: 'The server is no longer available',
    text: 'The cloud company that we rent servers from took this one back, and your session could not continue on another one.',
  },
  instanceUnhealthy: {
    title: 'The server stopped responding',
    text: 'The server running your session failed. You can start a new session on another one.',
  },
  capacityUnavailable: {
    title: 'No server was available',
    text: 'We could not get a server for you. Trying again in a few minutes often works.',
  },
  quotaExceeded: {
    title: 'Today’s playing time is used up',
    text: 'Today’s playing time has been used up: either your own, your organisation’s or the whole service’s.',
  },
  budgetExceeded: {
    title: 'This service has reached its spending limit',
    text: 'That is why your session ended. No new session can start until the people who run this service raise the limit.',
  },
  eventEnded: { title: 'The event is over or was cancelled', text: 'All sessions of an event end when the event does.' },
  operatorTerminated: { title: 'Ended by an operator', text: 'One of the people who run this service ended the session.' },
  internalError: {
    title: 'Something went wrong on our side',
    text: 'We had to end the session. It was not your fault; please try again.',
  },
};

/** The viewer did not connect in time, because the browser waited for a click. */
export const NOT_STARTED: EndWords = {
  title: 'The start button was not pressed in time',
  text: 'A server was ready, but your browser needed a click before it could show the video. The server went to the next player.',
};

/** The session was cancelled, and not by this tab. */
export const PLACE_LOST: EndWords = {
  title: 'You are no longer in line',
  text: 'We keep your place in line for 5 minutes after you close the page or lose the connection. You were away for longer, or you left the line in another tab or on another device.',
};

/** The same ends, reached while the session was moving to another server. */
const MOVING_WORDS: Readonly<Record<string, EndWords>> = {
  userLeft: {
    title: 'You left during the move',
    text: 'Your server was being taken out of service, and you left before another one was ready. Nothing is reserved for you any more.',
  },
  spotInterrupted: {
    title: 'The server is no longer available',
    text: 'The cloud company that we rent servers from took back the one you were playing on. We tried to move you to another one, but none was ready in time.',
  },
  instanceUnhealthy: {
    title: 'The server stopped responding',
    text: 'The server you were playing on failed. We tried to move you to another one, but none was ready in time.',
  },
};
/** The server moves a session no more often than this; then it ends. */
const MOST_MIGRATIONS = 3;
const MOVED_ENOUGH =
  'The server that we had moved you to failed as well. A session can be moved only a limited number of times, so we had to end it.';

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
