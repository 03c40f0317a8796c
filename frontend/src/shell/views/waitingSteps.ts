/** The steps to the first picture, as a list. */
import { el, setText } from '../../elements/dom';
import type { PageModel, View } from '../words/model';
import { waitingSteps, type Step } from '../words/words';

const STATUS_WORDS: Readonly<Record<Step['status'], string>> = { done: 'done', active: 'in progress', todo: 'to come' };

export function createSteps(): View {
  const rows = Array.from({ length: 4 }, createStep);
  return {
    element: el('ol', { class: 'steps' }, ...rows.map((row) => row.element)),
    update: (model: PageModel) => waitingSteps(model).forEach((step, index) => rows[index]?.show(step)),
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
