/** Puts the right view on the page, keeps the player beneath the waiting room while the picture connects, and announces. */
import { canPlay, type PageStateName } from '#player/session/pageState';
import { createEnded, createFailed, createSuperseded } from './closing';
import { el, linkTo, setText } from '../../elements/dom';
import { createHeader as createPageHeader } from '../../elements/header';
import { PAGES } from '../../entry/pages';
import { createLanding } from './landing';
import { isStartWanted } from '../words/noticeWords';
import { LineSpeaker } from './lineSpeaker';
import type { PageActions, PageModel, View } from '../words/model';
import { createPlayerView } from './playerView';
import { createWaiting } from './waiting';
import { createTurnedAway } from './turnedAway';
import { turnedAway } from '../words/turnedAwayWords';
import { waitingTabTitle } from '../words/waitingWords';
import { announcement } from '../words/words';

type Face = 'landing' | 'waiting' | 'player' | 'ended' | 'superseded' | 'failed' | 'turnedAway';

const FACES: Readonly<Record<PageStateName, Face>> = {
  signedOut: 'landing',
  ready: 'landing',
  requesting: 'waiting',
  waiting: 'waiting',
  joining: 'waiting',
  playing: 'player',
  reconnecting: 'player',
  ended: 'ended',
  superseded: 'superseded',
  failed: 'failed',
};
const CURTAIN_ms = 700;

/** A picture that waits for a click is shown with the button on it, not behind the waiting room. */
function faceOf(model: PageModel): Face {
  if (isStartWanted(model)) return 'player';
  return turnedAway(model) === null ? FACES[model.state.name] : 'turnedAway';
}

export class PageView {
  readonly #root: HTMLElement;
  readonly #announcer: HTMLElement;
  readonly #playerView;
  readonly #faces: Record<Exclude<Face, 'player'>, View>;
  readonly #header: View;
  readonly #main = el('main', {});
  #face: Face | null = null;
  #announced = '';
  readonly #lineSpeaker = new LineSpeaker();

  constructor(root: HTMLElement, announcer: HTMLElement, actions: PageActions) {
    this.#root = root;
    this.#announcer = announcer;
    this.#playerView = createPlayerView(actions);
    this.#header = createHeader(actions);
    this.#faces = {
      landing: createLanding(actions),
      waiting: createWaiting(actions),
      ended: createEnded(actions),
      superseded: createSuperseded(actions),
      failed: createFailed(actions),
      turnedAway: createTurnedAway(actions),
    };
    root.replaceChildren(this.#header.element, this.#main);
  }

  get videoParent(): HTMLElement {
    return this.#playerView.videoParent;
  }

  render(told: PageModel): void {
    // A page's clock may stand still while the computer sleeps; the hour in a refusal goes by the wall's.
    const model = told.state.name === 'failed' ? { ...told, now: Math.max(told.now, Date.now()) } : told;
    const face = faceOf(model);
    document.title = face === 'player' ? `${model.applicationName} · ${model.productName}` : (waitingTabTitle(model) ?? model.productName);
    this.#header.update(model);
    this.#showPlayer(face === 'player' || model.state.name === 'joining');
    this.#playerView.update(model);
    if (face !== 'player') this.#faces[face].update(model);
    if (face !== this.#face) this.#change(face);
    this.#announce(model);
  }

  /** The player must be laid out before the first frame: the library measures its wrapper. */
  #showPlayer(shown: boolean): void {
    if (shown && !this.#playerView.element.isConnected) this.#root.append(this.#playerView.element);
    if (!shown && this.#playerView.element.isConnected) this.#playerView.element.remove();
  }

  #change(face: Face): void {
    const curtain = this.#face === 'waiting' && face === 'player';
    const former = this.#main.firstElementChild;
    this.#face = face;
    document.body.dataset.face = face;
    if (curtain && former !== null) {
      // The waiting room fades over the living picture.
      former.classList.add('leaving');
      setTimeout(() => this.#face === 'player' && this.#main.replaceChildren(), CURTAIN_ms);
      return;
    }
    former?.classList.remove('leaving');
    if (face === 'player') return this.#main.replaceChildren();
    const view = this.#faces[face].element;
    view.classList.remove('leaving');
    this.#main.replaceChildren(view);
    if (former !== null || this.#announced !== '') this.#focusTitle(view);
  }

  /** A keyboard or screen reader starts at the new view's title, not lost at the top of the page. */
  #focusTitle(view: HTMLElement): void {
    const title = view.querySelector('h1');
    title?.setAttribute('tabindex', '-1');
    title?.focus({ preventScroll: true });
  }

  #announce(model: PageModel): void {
    this.#announcer.dataset.state = model.state.name;
    this.#announcer.dataset.moving = String(model.state.move !== null);
    const words = this.#lineSpeaker.say(model) ?? announcement(model);
    if (words === this.#announced) return;
    this.#announced = words;
    setText(this.#announcer, words);
  }
}

function createHeader(actions: PageActions): View {
  const desk = linkTo(PAGES.desk, 'Desk', 'show-desk', 'link');
  const header = createPageHeader(() => actions.signOut(), desk);
  return {
    element: header.element,
    update(model: PageModel): void {
      header.update({ productName: model.productName, userName: model.state.name === 'signedOut' ? null : (model.userName ?? '') });
      desk.hidden = !model.operator || !canPlay(model.state);
    },
  };
}
