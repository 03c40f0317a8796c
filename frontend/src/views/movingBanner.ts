/**
 * Over the picture while the viewer is moved: what happens, why, how long, and a note when it is done. It lets every
 * click through, and is read aloud by the page's announcer, not from here.
 */
import { el, setText } from './dom';
import type { PageModel, View } from './model';
import { countdownText, isJustMoved, MOVED_TEXT, MOVING_TITLE, movingText } from './movingWords';

export function createMovingBanner(): View {
  const title = el('strong', { class: 'moving-title' }, MOVING_TITLE);
  const text = el('span', { class: 'moving-text', 'data-testid': 'moving-text' });
  const countdown = el('span', { class: 'moving-countdown', role: 'timer', 'aria-live': 'off', 'data-testid': 'moving-countdown' });
  const banner = el('div', { class: 'moving', 'data-testid': 'moving' }, el('span', { class: 'moving-mark', 'aria-hidden': 'true' }),
    el('div', { class: 'moving-words' }, title, text, countdown));
  const note = el('p', { class: 'moved-note', 'data-testid': 'moved' }, MOVED_TEXT);
  const element = el('div', { class: 'moving-layer' }, banner, note);
  return {
    element,
    update(model: PageModel): void {
      const { move, name } = model.state;
      note.hidden = !isJustMoved(model);
      banner.hidden = move === null || (name !== 'playing' && name !== 'reconnecting');
      if (move === null) return;
      // With the picture gone the words take its place in the middle of the stage.
      banner.classList.toggle('alone', name === 'reconnecting');
      setText(text, movingText(model, move));
      setText(countdown, name === 'playing' ? countdownText(model, move) : '');
      countdown.hidden = countdown.textContent === '';
    },
  };
}
