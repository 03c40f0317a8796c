/** Shown over the picture while the session moves to another server: what happens, why and for how long; then a note that it is done. */
import { el, setText } from '../../elements/dom';
import type { PageModel, View } from '../words/model';
import { countdownText, isJustMoved, MOVED_TEXT, MOVING_TITLE, movingText } from '../words/movingWords';

export function createMovingBanner(): View {
  const title = el('strong', { class: 'moving-title' }, MOVING_TITLE);
  const text = el('span', { class: 'notice-text', 'data-testid': 'moving-text' });
  const countdown = el('span', { class: 'moving-countdown', role: 'timer', 'aria-live': 'off', 'data-testid': 'moving-countdown' });
  const element = el(
    'div',
    { class: 'moving', 'data-notice': 'moving', 'data-testid': 'moving' },
    el('span', { class: 'moving-mark', 'aria-hidden': 'true' }),
    el('div', { class: 'moving-words' }, title, text, countdown),
  );
  return {
    element,
    update(model: PageModel): void {
      const { move, name } = model.state;
      element.hidden = move === null || (name !== 'playing' && name !== 'reconnecting');
      if (move === null) return;
      element.classList.toggle('alone', isMovingAlone(model));
      setText(text, movingText(model, move));
      setText(countdown, name === 'playing' ? countdownText(model, move) : '');
      countdown.hidden = countdown.textContent === '';
    },
  };
}

export function createMovedNote(): View {
  const element = el('p', { class: 'moved-note', 'data-notice': 'moved', 'data-testid': 'moved' }, MOVED_TEXT);
  return {
    element,
    update: (model: PageModel) => {
      element.hidden = !isJustMoved(model);
    },
  };
}

/** Whether the session is moving and there is no picture meanwhile. */
export function isMovingAlone({ state }: PageModel): boolean {
  return state.name === 'reconnecting' && state.move !== null;
}
