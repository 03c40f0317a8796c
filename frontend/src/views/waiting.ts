/** The green room itself: what is happening, how long it has taken, and a way out. Serves `requesting`, `waiting`, `joining`. */
import { button, el, setText } from './dom';
import type { PageActions, PageModel, View } from './model';
import { elapsedText } from './elapsed';
import { waitingReason, waitingSteps, waitingTitle, type Step } from './words';

const STATUS_WORDS: Readonly<Record<Step['status'], string>> = { done: 'done', active: 'in progress', todo: 'to come' };

export function createWaiting(actions: PageActions): View {
  const eyebrow = el('p', { class: 'eyebrow' });
  const title = el('h1', {});
  const reason = el('p', { class: 'lead', 'data-testid': 'waiting-reason' });
  const elapsed = el('p', { class: 'elapsed', role: 'timer', 'aria-live': 'off', 'data-testid': 'elapsed' });
  const rows = Array.from({ length: 4 }, createStep);
  const steps = el('ol', { class: 'steps' }, ...rows.map((row) => row.element));
  const cancel = button('Cancel', 'cancel', 'quiet', () => actions.leave());
  const card = el('div', { class: 'card' }, eyebrow, title, reason, steps, el('div', { class: 'card-foot' }, elapsed, cancel));
  const element = el('section', { class: 'view waiting', 'data-testid': 'waiting', 'aria-busy': 'true' }, card);

  return {
    element,
    update(model: PageModel): void {
      setText(eyebrow, model.applicationName);
      setText(title, waitingTitle(model.state));
      setText(reason, waitingReason(model));
      setText(elapsed, elapsedText(model.now - (model.state.clickedAt ?? model.now)));
      waitingSteps(model).forEach((step, index) => rows[index]?.show(step));
    },
  };
}

function createStep(): { element: HTMLElement; show(step: Step): void } {
  const label = el('span', { class: 'step-label' });
  const detail = el('span', { class: 'step-detail' });
  const status = el('span', { class: 'visually-hidden' });
  const element = el('li', { class: 'step' }, el('span', { class: 'step-mark', 'aria-hidden': 'true' }), label, detail, status);
  return {
    element,
    show(step: Step): void {
      element.dataset.status = step.status;
      setText(label, step.label);
      setText(detail, step.detail);
      setText(status, `(${STATUS_WORDS[step.status]})`);
    },
  };
}
