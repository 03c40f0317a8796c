/** The player: the picture in a wrapper of fixed size, and a slim bar that keeps out of its way. */
import { button, el, lampMark, setText } from '../../elements/dom';
import { isStartWanted } from '../words/noticeWords';
import { createPlayerNotices } from './playerNotices';
import type { PageActions, PageModel, View } from '../words/model';
import { elapsedText } from '../../elements/elapsed';

export interface PlayerView extends View {
  /** Where the player puts its video. */
  readonly videoParent: HTMLElement;
}

export function createPlayerView(actions: PageActions): PlayerView {
  let muted = true;
  const name = el('span', { class: 'bar-name' });
  const signal = el('span', { class: 'signal', 'data-testid': 'signal' });
  const elapsed = el('span', { class: 'bar-elapsed', role: 'timer', 'aria-live': 'off' });
  const sound = button('Unmute', 'unmute', 'bar-button', () => actions.setMuted(!muted));
  const full = button('Full screen', 'fullscreen', 'bar-button wide-only', () => void toggleFullscreen(element));
  const leave = button('Leave', 'leave', 'bar-button leave', () => actions.leave());
  const bar = el(
    'div',
    { class: 'bar', role: 'toolbar', 'aria-label': 'Player' },
    lampMark(),
    name,
    signal,
    elapsed,
    el('span', { class: 'bar-space' }),
    sound,
    full,
    leave,
  );
  const videoParent = el('div', { class: 'video-parent', id: 'player' });
  const notices = createPlayerNotices(actions);
  // The wrapper has the size; without one the library's video is invisible while its frames decode.
  const wrapper = el('div', { class: 'video-wrapper', 'data-testid': 'video-wrapper' }, videoParent);
  const element = el(
    'section',
    { class: 'player', 'data-testid': 'player', 'aria-label': 'Streamed application' },
    wrapper,
    notices.element,
    bar,
  );

  full.hidden = !document.fullscreenEnabled;
  keepKeysApart([bar, notices.element], leave, element);
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
      signal.dataset.signal = signalOf(model);
      setText(signal, signalText(model));
      notices.update(model);
    },
  };
}

function signalOf(model: PageModel): 'live' | 'weak' | 'lost' {
  const { state, socketConnected, stillFor_ms } = model;
  if (state.name !== 'playing' || stillFor_ms !== null || isStartWanted(model)) return 'lost';
  return socketConnected && state.move === null ? 'live' : 'weak';
}

function signalText(model: PageModel): string {
  const { state, socketConnected, stillFor_ms } = model;
  if (isStartWanted(model)) return 'Ready to start';
  if (state.name === 'playing' && stillFor_ms !== null) return 'Video frozen';
  if (state.move !== null) return state.name === 'playing' ? 'Live · moving' : 'Moving';
  if (state.name !== 'playing') return 'Reconnecting';
  return socketConnected ? 'Live' : 'Live · reconnecting to the service';
}

/**
 * The library hears every key of the document and swallows Tab. Keys pressed on a button stay there, and Shift+Tab on
 * the picture moves the focus to the bar; otherwise nobody could leave by keyboard.
 */
function keepKeysApart(besides: readonly HTMLElement[], leave: HTMLElement, player: HTMLElement): void {
  for (const type of ['keydown', 'keyup', 'keypress']) {
    for (const beside of besides) {
      beside.addEventListener(type, (event) => {
        event.stopPropagation();
        if ((event as KeyboardEvent).key === 'Escape') (document.activeElement as HTMLElement | null)?.blur();
      });
    }
  }
  window.addEventListener(
    'keydown',
    (event) => {
      const onPicture =
        player.isConnected && player.dataset.live === 'true' && !besides.some((beside) => beside.contains(document.activeElement));
      if (!onPicture || event.key !== 'Tab' || !event.shiftKey) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      leave.focus();
    },
    { capture: true },
  );
}

async function toggleFullscreen(element: HTMLElement): Promise<void> {
  try {
    await (document.fullscreenElement === null ? element.requestFullscreen() : document.exitFullscreen());
  } catch {
    // The browser may refuse full screen; the picture stays where it is, which needs no words.
  }
}
