/** The wait as a drawing: a curtain that opens as time passes, and the people in line, the viewer among them. */
import { el } from '../../elements/dom';
import type { PageModel, View } from '../words/model';
import { lineShown, progressOf, timeText, waitingTitle } from '../words/waitingWords';

/** At most this many people are drawn; a number stands for the others. */
const SHOWN_AHEAD = 4;
/** The number takes up as much room as this many people. */
const MORE_SPOTS = 1.7;
const WALK_ms = 700;

export function createWaitingPicture(): View {
  const curtains = [el('span', { class: 'curtain' }), el('span', { class: 'curtain right' })];
  const arch = el('div', { class: 'proscenium' }, el('span', { class: 'beam' }), ...curtains, el('span', { class: 'valance' }));
  const you = el('span', { class: 'person you' });
  const more = el('span', { class: 'more-people' });
  const people = el('div', { class: 'people' }, more, you);
  const ahead: HTMLElement[] = [];
  const element = el(
    'div',
    { class: 'waiting-picture', role: 'progressbar', 'aria-label': 'Your progress in line', 'data-testid': 'waiting-picture' },
    arch,
    people,
  );
  return {
    element,
    update(model: PageModel): void {
      const line = lineShown(model.state);
      const reserved = model.state.name === 'joining' && line === null;
      element.dataset.scene = reserved ? 'open' : line?.forecast == null ? 'unknown' : 'opening';
      element.style.setProperty('--open', String(reserved ? 1 : line === null ? 0 : progressOf(line, model.now)));
      const words = line === null ? '' : `. ${timeText(line, model.now)}`;
      element.setAttribute('aria-valuetext', `${waitingTitle(model.state)}${words}`);
      const count = Math.max(0, (line?.place ?? 1) - 1);
      placePeople(ahead, people, Math.min(count, SHOWN_AHEAD));
      more.textContent = count > SHOWN_AHEAD ? `+${count - SHOWN_AHEAD}` : '';
      more.hidden = more.textContent === '';
      ahead.forEach((person, index) => person.style.setProperty('--spot', String(index + (more.hidden ? 0 : MORE_SPOTS))));
      you.style.setProperty('--spot', String(ahead.length + (more.hidden ? 0 : MORE_SPOTS)));
      you.hidden = model.state.name === 'requesting';
    },
  };
}

/** Draws `wanted` people ahead of the viewer. The first one walks away; a new one is drawn at the far end. */
function placePeople(ahead: HTMLElement[], people: HTMLElement, wanted: number): void {
  while (ahead.length > wanted) {
    const first = ahead.shift()!;
    first.classList.add('walking-in');
    setTimeout(() => first.remove(), WALK_ms);
  }
  while (ahead.length < wanted) {
    const person = el('span', { class: 'person' });
    ahead.unshift(person);
    people.prepend(person);
  }
}
