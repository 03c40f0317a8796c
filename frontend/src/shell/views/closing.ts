/** The pages after a session: `ended`, `superseded` and `failed`, each with an explanation and a next step. */
import { button, el, setText } from '../../elements/dom';
import type { ProblemKind } from '#player/api/problems';
import type { PageActions, PageModel, View } from '../words/model';
import { elapsedText } from '../../elements/elapsed';
import { hourText } from '../words/turnedAwayWords';
import { closingWords, playingTimeBackAt } from '../words/words';

const WORTH_SAYING_ms = 5000;

export function createEnded(actions: PageActions): View {
  const eyebrow = el('p', { class: 'eyebrow' });
  const title = el('h1', {});
  const reason = el('p', { class: 'lead', 'data-testid': 'ended-reason' });
  const back = el('p', { class: 'wait-note', 'data-testid': 'back-at' });
  const facts = el('p', { class: 'facts' });
  const again = button('Play again', 'play-again', 'primary', () => actions.play());
  const home = button('Back to the start page', 'home', 'quiet', () => actions.dismiss());
  const card = el('div', { class: 'card' }, eyebrow, title, reason, back, facts, el('div', { class: 'actions' }, again, home));
  const element = el('section', { class: 'view closing', 'data-testid': 'ended' }, card);
  return {
    element,
    update(model: PageModel): void {
      const { state } = model;
      const words = closingWords(state);
      element.dataset.statusReason = state.statusReason ?? '';
      setText(eyebrow, model.applicationName);
      setText(title, words.title);
      setText(reason, words.text);
      const backAt = playingTimeBackAt(state);
      back.hidden = backAt === null;
      if (backAt !== null)
        setText(back, backAt <= model.serverNow ? 'You can play again now.' : `You can play again ${hourText(backAt, model.serverNow)}.`);
      const played_ms = state.firstFrameAt === null ? 0 : state.since - state.firstFrameAt;
      facts.hidden = played_ms < WORTH_SAYING_ms;
      setText(facts, `You played for ${elapsedText(played_ms)}.`);
    },
  };
}

export function createSuperseded(actions: PageActions): View {
  let sessionId = '';
  const resume = button('Continue here', 'continue-here', 'primary', () => actions.rejoin(sessionId));
  const home = button('Back to the start page', 'home', 'quiet', () => actions.dismiss());
  const lead = el(
    'p',
    { class: 'lead' },
    'You opened this session in another tab or on another device, so it continues there. A session can be open in only one tab at a time.',
  );
  const eyebrow = el('p', { class: 'eyebrow' });
  const card = el(
    'div',
    { class: 'card' },
    eyebrow,
    el('h1', {}, 'Playing somewhere else'),
    lead,
    el('div', { class: 'actions' }, resume, home),
  );
  return {
    element: el('section', { class: 'view closing', 'data-testid': 'superseded' }, card),
    update(model: PageModel): void {
      sessionId = model.state.session?.sessionId ?? '';
      setText(eyebrow, model.applicationName);
    },
  };
}

export function createFailed(actions: PageActions): View {
  let sessionId: string | null = null;
  const eyebrow = el('p', { class: 'eyebrow' });
  const title = el('h1', {});
  const text = el('p', { class: 'lead', 'data-testid': 'error-text' });
  const resume = button('Continue here', 'continue-here', 'primary', () => actions.rejoin(sessionId ?? ''));
  const again = button('Try again', 'try-again', 'primary', () => actions.play());
  const check = button('Check again', 'check-again', 'primary', () => actions.dismiss());
  const other = button('Use another account', 'other-account', 'quiet', () => actions.signOut());
  const signIn = button('Sign in again', 'sign-in-again', 'primary', () => actions.signIn());
  const home = button('Back to the start page', 'home', 'quiet', () => actions.dismiss());
  const card = el(
    'div',
    { class: 'card' },
    eyebrow,
    title,
    text,
    el('div', { class: 'actions' }, resume, signIn, again, check, other, home),
  );
  return {
    element: el('section', { class: 'view closing', 'data-testid': 'error' }, card),
    update(model: PageModel): void {
      const problem = model.state.problem;
      const limited = problem?.kind === 'viewerLimit' && problem.sessionId !== null;
      const unsigned = problem?.kind === 'signInAgain';
      const homeless = problem?.kind === 'noTenant' || problem?.kind === 'severalTenants';
      sessionId = problem?.sessionId ?? null;
      setText(eyebrow, model.applicationName);
      setText(title, failedTitle(problem?.kind, limited));
      setText(
        text,
        limited
          ? 'Your session is open in another tab or on another device, and you can have only one at a time. You can continue it here.'
          : (problem?.message ?? 'Something went wrong.'),
      );
      resume.hidden = !limited;
      signIn.hidden = !unsigned;
      again.hidden = limited || unsigned || homeless;
      check.hidden = other.hidden = !homeless;
      // Someone without access would get the same answer again from the start page.
      home.hidden = homeless;
    },
  };
}

function failedTitle(kind: ProblemKind | undefined, limited: boolean): string {
  if (limited) return 'You are already playing or waiting in line';
  if (kind === 'signInAgain') return 'Please sign in again';
  if (kind === 'noTenant') return 'Your account has no access yet';
  return kind === 'severalTenants' ? 'Your account is in several organisations' : 'Something went wrong';
}
