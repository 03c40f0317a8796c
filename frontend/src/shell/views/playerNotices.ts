/**
 * All notices shown over the picture. They are in the browser's top layer, so nothing covers them. Clicks go through to
 * the application, except on a button. Screen readers hear them from the page's announcer.
 */
import { button, el, setText } from '../../elements/dom';
import type { PageActions, PageModel, View } from '../words/model';
import { createMovingBanner, createMovedNote, isMovingAlone } from './movingBanner';
import {
  IDLE_TEXT,
  IDLE_TITLE,
  idleCountdown,
  isStartWanted,
  lostText,
  START_LABEL,
  START_TEXT,
  STILL_TITLE,
  stillText,
  timeLeft,
  timeLeftText,
  timeLeftTitle,
} from '../words/noticeWords';
import { createTopLayer } from './topLayer';

export function createPlayerNotices(actions: PageActions): View {
  const [moving, moved] = [createMovingBanner(), createMovedNote()];
  const middle = [createStart(actions), createLost(), createStill(), createIdle(actions)];
  const left = createTimeLeft();
  const notices = [moving, moved, ...middle, left];
  const top = el('div', { class: 'notices-top' }, moving.element, moved.element);
  const centre = el('div', { class: 'notices-middle' }, ...middle.map(({ element }) => element));
  const element = el(
    'div',
    { class: 'notices', 'data-testid': 'notices' },
    top,
    centre,
    el('div', { class: 'notices-bottom' }, left.element),
  );
  const layer = createTopLayer(element);
  return {
    element,
    update(model: PageModel): void {
      for (const notice of notices) notice.update(model);
      // Without a picture, the notice moves to the middle.
      const place = isMovingAlone(model) ? centre : top;
      if (moving.element.parentElement !== place) place.prepend(moving.element);
      layer.show(notices.some((notice) => !notice.element.hidden));
    },
  };
}

/** The button that starts the picture when the browser waits for a click. */
function createStart(actions: PageActions): View {
  const start = button(START_LABEL, 'tap-to-start', 'primary start-button', () => actions.start());
  const element = el('div', { class: 'start', 'data-notice': 'start' }, start, el('span', { class: 'notice-text' }, START_TEXT));
  return {
    element,
    update(model: PageModel): void {
      const appears = element.hidden;
      element.hidden = !isStartWanted(model);
      if (appears && !element.hidden) queueMicrotask(() => start.focus({ preventScroll: true }));
    },
  };
}

function createLost(): View {
  const element = el('p', { class: 'notice', 'data-notice': 'lost', 'data-testid': 'picture-lost' });
  return {
    element,
    update(model: PageModel): void {
      setText(element, lostText(model));
      element.hidden = element.textContent === '';
    },
  };
}

function createStill(): View {
  const text = el('span', { class: 'notice-text', 'data-testid': 'still-text' });
  const element = el(
    'div',
    { class: 'notice', 'data-notice': 'still', 'data-testid': 'picture-still' },
    el('strong', {}, STILL_TITLE),
    text,
  );
  return {
    element,
    update(model: PageModel): void {
      element.hidden = model.stillFor_ms === null || isStartWanted(model);
      if (model.stillFor_ms !== null) setText(text, stillText(model.stillFor_ms));
    },
  };
}

function createIdle(actions: PageActions): View {
  const countdown = el('span', { class: 'idle-countdown', role: 'timer', 'aria-live': 'off', 'data-testid': 'idle-countdown' });
  const here = button('I am here', 'idle-stay', 'primary', () => actions.stay());
  const element = el(
    'div',
    { class: 'idle', role: 'group', 'aria-label': IDLE_TITLE, 'data-notice': 'idle', 'data-testid': 'idle' },
    el('strong', { class: 'idle-title' }, IDLE_TITLE),
    el('span', { class: 'notice-text' }, IDLE_TEXT),
    countdown,
    here,
  );
  return {
    element,
    update(model: PageModel): void {
      element.hidden = model.idleEndsAt === null;
      if (model.idleEndsAt !== null) setText(countdown, idleCountdown(model.idleEndsAt, model.now));
    },
  };
}

function createTimeLeft(): View {
  const clock = el('strong', { class: 'time-left-title', role: 'timer', 'aria-live': 'off', 'data-testid': 'time-left-clock' });
  const words = el('span', { class: 'notice-text' });
  const element = el('div', { class: 'time-left', 'data-notice': 'time-left', 'data-testid': 'time-left' }, clock, words);
  return {
    element,
    update(model: PageModel): void {
      const time = timeLeft(model);
      element.hidden = time === null;
      if (time === null) return;
      element.dataset.phase = time.phase;
      setText(clock, timeLeftTitle(time));
      setText(words, timeLeftText(time));
      words.hidden = words.textContent === '';
    },
  };
}
