/**
 * The waiting room. In line it shows place, time, reason and what happens next; before and after that, the steps to the
 * first picture. It always offers a way out. Serves `requesting`, `waiting`, `joining`.
 */
import { button, el, setText } from '../../elements/dom';
import { elapsedText } from '../../elements/elapsed';
import type { PageActions, PageModel, View } from '../words/model';
import { createWaitingPicture } from './waitingPicture';
import { createSteps } from './waitingSteps';
import { lineShown, timeNote, timeText, waitingReason, waitingTitle, WHAT_COMES_NEXT } from '../words/waitingWords';

export function createWaiting(actions: PageActions): View {
  const eyebrow = el('p', { class: 'eyebrow' });
  const title = el('h1', { 'data-testid': 'waiting-title' });
  const picture = createWaitingPicture();
  const time = createTime();
  const reason = el('p', { class: 'lead', 'data-testid': 'waiting-reason' });
  const steps = createSteps();
  const next = el(
    'dl',
    { class: 'next', 'data-testid': 'what-comes-next' },
    ...WHAT_COMES_NEXT.map(([name, text]) => el('div', {}, el('dt', {}, name), el('dd', {}, text))),
  );
  const elapsed = el('p', { class: 'elapsed', role: 'timer', 'aria-live': 'off', 'data-testid': 'elapsed' });
  const cancel = button('Cancel', 'cancel', 'quiet', () => actions.leave());
  const now = el(
    'div',
    { class: 'card-now' },
    eyebrow,
    title,
    picture.element,
    time.element,
    reason,
    el('div', { class: 'card-foot' }, elapsed, cancel),
  );
  const card = el('div', { class: 'card' }, now, el('div', { class: 'card-beside' }, steps.element, next));
  const element = el('section', { class: 'view waiting', 'data-testid': 'waiting', 'aria-busy': 'true' }, card);

  return {
    element,
    update(model: PageModel): void {
      const line = lineShown(model.state);
      const inLine = line !== null;
      element.dataset.inLine = String(inLine);
      setText(eyebrow, model.applicationName);
      setText(title, waitingTitle(model.state));
      setText(reason, waitingReason(model));
      const waited = elapsedText(model.now - Math.min(model.state.clickedAt ?? model.now, line?.since ?? model.now));
      setText(elapsed, inLine ? `You have been waiting for ${waited}` : waited);
      setText(cancel, inLine ? 'Leave the line' : 'Cancel');
      time.update(model);
      picture.update(model);
      steps.update(model);
      steps.element.hidden = inLine;
      next.hidden = !inLine;
    },
  };
}

function createTime(): View {
  const value = el('p', { class: 'wait-time', role: 'timer', 'aria-live': 'off', 'data-testid': 'wait-time' });
  const waitNote = el('p', { class: 'wait-note', 'data-testid': 'wait-note' });
  const element = el('div', { class: 'wait' }, el('p', { class: 'wait-label' }, 'Time until your turn'), value, waitNote);
  return {
    element,
    update(model: PageModel): void {
      const line = lineShown(model.state);
      element.hidden = line === null;
      if (line === null) return;
      setText(value, timeText(line, model.now));
      value.classList.toggle('unknown', line.forecast === null);
      setText(waitNote, timeNote(line, model.now));
      waitNote.hidden = waitNote.textContent === '';
    },
  };
}
