/** The stage: the picture in a sized wrapper, and a slim bar that keeps out of its way. */
import { button, el, lampMark, setText } from './dom';
import { createMovingBanner } from './movingBanner';
import { createStageNotices } from './stageNotices';
import type { PageActions, PageModel, View } from './model';
import { elapsedText } from './elapsed';

export interface StageView extends View {
  /** Where the player puts its video. */
  readonly videoParent: HTMLElement;
}

export function createStage(actions: PageActions): StageView {
  let muted = true;
  const name = el('span', { class: 'bar-name' });
  const signal = el('span', { class: 'signal', 'data-testid': 'signal' });
  const elapsed = el('span', { class: 'bar-elapsed', role: 'timer', 'aria-live': 'off' });
  const sound = button('Unmute', 'unmute', 'bar-button', () => actions.setMuted(!muted));
  const full = button('Full screen', 'fullscreen', 'bar-button wide-only', () => void toggleFullscreen(element));
  const leave = button('Leave', 'leave', 'bar-button leave', () => actions.leave());
  const bar = el('div', { class: 'bar', role: 'toolbar', 'aria-label': 'Player' }, lampMark(), name, signal, elapsed,
    el('span', { class: 'bar-space' }), sound, full, leave);
  const videoParent = el('div', { class: 'video-parent', id: 'player' });
  const notice = el('p', { class: 'stage-notice' });
  const moving = createMovingBanner();
  const notices = createStageNotices(actions);
  // The wrapper has the size; without one the library's video is invisible while its frames decode.
  const wrapper = el('div', { class: 'video-wrapper', 'data-testid': 'video-wrapper' }, videoParent, notice, moving.element, notices.element);
  const element = el('section', { class: 'stage', 'data-testid': 'stage', 'aria-label': 'Stage' }, wrapper, bar);

  full.hidden = !document.fullscreenEnabled;
  keepKeysApart(bar, leave, element);
  // The library keeps a press on the picture from moving the focus: a button pressed before would keep the keys.
  wrapper.addEventListener('pointerdown', () => element.contains(document.activeElement) && (document.activeElement as HTMLElement).blur());

  return {
    element,
    videoParent,
    update(model: PageModel): void {
      muted = model.muted;
      setText(name, model.applicationName);
      setText(sound, muted ? 'Unmute' : 'Mute');
      setText(elapsed, elapsedText(model.now - (model.state.firstFrameAt ?? model.now)));
      const live = model.state.name === 'playing';
      element.dataset.live = String(live);
      signal.dataset.signal = live ? (model.socketConnected && model.state.move === null ? 'live' : 'weak') : 'lost';
      setText(signal, signalText(model));
      moving.update(model);
      notices.update(model);
      const words = noticeText(model);
      notice.hidden = words === '';
      setText(notice, words);
    },
  };
}

function signalText({ state, socketConnected }: PageModel): string {
  if (state.move !== null) return state.name === 'playing' ? 'Live · moving' : 'Moving';
  if (state.name !== 'playing') return 'Reconnecting';
  return socketConnected ? 'Live' : 'Live · control link reconnecting';
}

function noticeText(model: PageModel): string {
  // The banner of the move says all there is to say.
  if (model.state.name === 'reconnecting' && model.state.move !== null) return '';
  if (model.state.name === 'reconnecting') return 'The picture was lost. Reconnecting… your place is kept for you.';
  return model.playBlocked ? 'Your browser waits for a click: press the picture to start.' : '';
}

/**
 * The library hears every key of the document and swallows Tab. Keys pressed on the bar stay on the bar, and Shift+Tab
 * on the stage leads there; otherwise nobody could leave by keyboard.
 */
function keepKeysApart(bar: HTMLElement, leave: HTMLElement, stage: HTMLElement): void {
  for (const type of ['keydown', 'keyup', 'keypress']) {
    bar.addEventListener(type, (event) => {
      event.stopPropagation();
      if ((event as KeyboardEvent).key === 'Escape') (document.activeElement as HTMLElement | null)?.blur();
    });
  }
  window.addEventListener('keydown', (event) => {
    const onStage = stage.isConnected && stage.dataset.live === 'true' && !bar.contains(document.activeElement);
    if (!onStage || event.key !== 'Tab' || !event.shiftKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    leave.focus();
  }, { capture: true });
}

async function toggleFullscreen(element: HTMLElement): Promise<void> {
  try {
    await (document.fullscreenElement === null ? element.requestFullscreen() : document.exitFullscreen());
  } catch {
    // The browser may refuse full screen; the picture stays where it is, which needs no words.
  }
}
