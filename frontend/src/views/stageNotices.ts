/** Over the picture: the question whether anybody is there, and how little time is left. Read aloud by the page's announcer. */
import { button, el, setText } from './dom';
import type { PageActions, PageModel, View } from './model';
import { IDLE_TEXT, IDLE_TITLE, idleCountdown, timeLeft, timeLeftText, timeLeftTitle } from './noticeWords';

export function createStageNotices(actions: PageActions): View {
  const countdown = el('span', { class: 'idle-countdown', role: 'timer', 'aria-live': 'off', 'data-testid': 'idle-countdown' });
  const here = button('I am here', 'idle-stay', 'primary', () => actions.stay());
  const idle = el('div', { class: 'idle', role: 'group', 'aria-label': IDLE_TITLE, 'data-testid': 'idle' },
    el('strong', { class: 'idle-title' }, IDLE_TITLE), el('span', { class: 'idle-text' }, IDLE_TEXT), countdown, here);
  const clock = el('strong', { class: 'time-left-title', role: 'timer', 'aria-live': 'off', 'data-testid': 'time-left-clock' });
  const words = el('span', { class: 'time-left-text' });
  const left = el('div', { class: 'time-left', 'data-testid': 'time-left' }, clock, words);
  const element = el('div', { class: 'notice-layer' }, left, idle);
  return {
    element,
    update(model: PageModel): void {
      idle.hidden = model.idleEndsAt === null;
      if (model.idleEndsAt !== null) setText(countdown, idleCountdown(model.idleEndsAt, model.now));
      const time = timeLeft(model);
      left.hidden = time === null;
      if (time === null) return;
      left.dataset.stage = time.stage;
      setText(clock, timeLeftTitle(time));
      setText(words, timeLeftText(time));
      words.hidden = words.textContent === '';
    },
  };
}
