/** Shown instead of the desk to someone who is not signed in or is not an operator: why, and the way back. */
import { button, el, linkTo } from '../src/elements/dom';
import { PAGES } from '../src/entry/pages';
import { NOT_FOR_YOU, SIGNED_OUT } from './words';

export interface Closed {
  readonly element: HTMLElement;
  /** The text for screen readers. */
  readonly announcement: string;
}

export function createSignedOut(signIn: () => void): Closed {
  const home = linkTo(PAGES.viewer, 'Back to the start', 'leave-desk', 'quiet');
  return createClosed('The desk', SIGNED_OUT, button('Sign in', 'sign-in', 'primary', signIn), home);
}

export function createNotForYou(userName: string, signOut: () => void): Closed {
  const home = linkTo(PAGES.viewer, 'Back to the start', 'leave-desk', 'primary');
  const other = button('Use another account', 'other-account', 'quiet', signOut);
  return createClosed('This page is for operators', `You are signed in as ${userName}. ${NOT_FOR_YOU}`, home, other);
}

function createClosed(title: string, text: string, ...ways: HTMLElement[]): Closed {
  const lead = el('p', { class: 'lead', 'data-testid': 'closed-text' }, text);
  const card = el('div', { class: 'card' }, el('h1', {}, title), lead, el('div', { class: 'actions' }, ...ways));
  return { element: el('section', { class: 'view closing', 'data-testid': 'desk-closed' }, card), announcement: `${title}. ${text}` };
}
