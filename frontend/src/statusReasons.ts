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
  reconnectionTimeout: { title: 'The connection was lost', text: 'You were away longer than your place is kept, so the session was closed.' },
  maxSessionLength: { title: 'Time is up', text: 'This session reached the longest time one session may last.' },
  applicationExit: { title: 'The application closed', text: 'The application ended by itself. If you did not close it, it may have crashed.' },
  spotInterrupted: { title: 'The machine was called back', text: 'The cloud provider needed the machine this session ran on, and no other was free.' },
  instanceUnhealthy: { title: 'The machine stopped answering', text: 'The machine this session ran on failed. It is being replaced.' },
  capacityUnavailable: { title: 'No machine was available', text: 'The cloud provider had no suitable machine to offer. Trying again in a few minutes often works.' },
  quotaExceeded: { title: 'All places are taken', text: 'As many sessions are running as are allowed at once. Please try again a little later.' },
  budgetExceeded: { title: 'The budget is used up', text: 'The operator’s spending limit was reached, so no new session can run for now.' },
  eventEnded: { title: 'The event is over', text: 'The places reserved for this event were given back at its end.' },
  operatorTerminated: { title: 'Ended by the operator', text: 'Someone who runs this service ended the session.' },
  internalError: { title: 'Something went wrong on our side', text: 'The session had to be ended. It was not your doing; please try again.' },
};

const UNKNOWN: EndWords = { title: 'The session ended', text: 'It was closed without giving a reason.' };

/** A reason this page does not know yet is shown as it came rather than hidden. */
export function endWords(statusReason: string | null): EndWords {
  if (statusReason === null) return UNKNOWN;
  return END_WORDS[statusReason] ?? { ...UNKNOWN, text: `Reason given: ${statusReason}.` };
}
