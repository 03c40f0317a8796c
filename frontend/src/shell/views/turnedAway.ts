/** Shown when the API refuses a place in line: why, the time to come back, and a button that works from then on. */
import { button, el, setText } from '../../elements/dom';
import type { PageActions, PageModel, View } from '../words/model';
import { againText, hourText, mayAskAgain, turnedAway } from '../words/turnedAwayWords';

export function createTurnedAway(actions: PageActions): View {
  const eyebrow = el('p', { class: 'eyebrow' });
  const title = el('h1', {});
  const text = el('p', { class: 'lead', 'data-testid': 'error-text' });
  const label = el('p', { class: 'wait-label' });
  const left = el('p', { class: 'wait-time', role: 'timer', 'aria-live': 'off', 'data-testid': 'countdown' });
  const hour = el('p', { class: 'wait-note', 'data-testid': 'again-at' });
  const wait = el('div', { class: 'wait' }, label, left, hour);
  const again = button('Try again', 'try-again', 'primary', () => actions.play());
  const home = button('Back to the start page', 'home', 'quiet', () => actions.dismiss());
  const card = el('div', { class: 'card' }, eyebrow, title, text, wait, el('div', { class: 'actions' }, again, home));
  const element = el('section', { class: 'view closing turned-away', 'data-testid': 'turned-away' }, card);
  return {
    element,
    update(model: PageModel): void {
      const refusal = turnedAway(model);
      if (refusal === null) return;
      element.dataset.problem = model.state.problem?.kind ?? '';
      setText(eyebrow, model.applicationName);
      setText(title, refusal.title);
      setText(text, refusal.text);
      const may = mayAskAgain(refusal, model.now);
      wait.hidden = refusal.againAt === null;
      setText(label, may ? 'You can try again' : refusal.label);
      setText(left, may ? 'now' : againText(refusal, model.now));
      setText(hour, may || refusal.againAt === null ? '' : `That is ${hourText(refusal.againAt, model.now)}.`);
      hour.hidden = hour.textContent === '';
      again.disabled = !may;
    },
  };
}
