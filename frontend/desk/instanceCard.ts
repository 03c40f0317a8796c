/** One instance as a card: what it is, how it stands, when EC2 takes it back, and one tile per slot. */
import type { InstanceView } from './operatorViews';
import { agoText, noticeText, SLOT_LETTERS, SLOT_WORDS } from './words';
import { button, el, setText } from '../src/elements/dom';

export interface InstanceActions {
  drain(instance: InstanceView): void;
  undrain(instance: InstanceView): void;
}

export interface InstanceCard {
  readonly element: HTMLElement;
  update(instance: InstanceView, now: number): void;
}

/** The drain of an operator can be taken back; one for age, rebalance or scale-in cannot. */
const BY_OPERATOR = 'operatorDrain';
const DRAINABLE: readonly string[] = ['Booting', 'Ready'];

export function createInstanceCard(first: InstanceView, actions: InstanceActions): InstanceCard {
  let shown = first;
  const state = el('span', { class: 'instance-state' });
  const age = el('span', { class: 'instance-age' });
  const id = el('code', { class: 'instance-id' }, first.instanceId);
  const kind = el('p', { class: 'instance-kind' });
  const notice = el('p', { class: 'instance-notice' });
  const tiles = el('ul', { class: 'tiles' });
  const drain = button('Drain', 'drain', 'small', () => actions.drain(shown));
  const undrain = button('Undrain', 'undrain', 'small', () => actions.undrain(shown));
  const foot = el('div', { class: 'instance-foot' }, id, el('span', { class: 'bar-space' }), drain, undrain);
  const element = el(
    'li',
    { class: 'instance', 'data-testid': 'instance', 'data-instance': first.instanceId },
    el('div', { class: 'instance-head' }, state, el('span', { class: 'bar-space' }), age),
    kind,
    notice,
    tiles,
    foot,
  );
  id.title = first.instanceId;
  drain.setAttribute('aria-label', `Drain ${first.instanceId}`);
  undrain.setAttribute('aria-label', `Take back the drain of ${first.instanceId}`);
  return {
    element,
    update(instance: InstanceView, now: number): void {
      shown = instance;
      element.dataset.state = instance.state;
      setText(state, instance.state);
      setText(age, agoText(instance.launchedAt, now).replace(' ago', ' old'));
      setText(
        kind,
        [instance.instanceType, instance.zone, instance.market === 'spot' ? 'Spot' : instance.market].filter(Boolean).join(' · '),
      );
      const words = noticeText(instance, now) || reasonText(instance);
      notice.hidden = words === '';
      notice.classList.toggle('urgent', instance.notice !== null);
      setText(notice, words);
      tiles.hidden = instance.slots.length === 0;
      showTiles(tiles, instance);
      drain.hidden = !DRAINABLE.includes(instance.state);
      undrain.hidden = instance.state !== 'Draining' || instance.statusReason !== BY_OPERATOR;
    },
  };
}

function reasonText(instance: InstanceView): string {
  if (instance.statusReason === null) return '';
  return instance.statusReason === BY_OPERATOR ? 'Drained by an operator' : `Because: ${instance.statusReason}`;
}

function showTiles(tiles: HTMLElement, instance: InstanceView): void {
  while (tiles.children.length > instance.slots.length) tiles.lastElementChild!.remove();
  while (tiles.children.length < instance.slots.length) tiles.append(el('li', { class: 'tile' }));
  instance.slots.forEach((slot, index) => {
    const tile = tiles.children[index] as HTMLElement;
    const title = `Slot ${slot.number}: ${SLOT_WORDS[slot.state] ?? slot.state}${slot.sessionId === null ? '' : `, ${slot.sessionId}`}`;
    tile.dataset.state = slot.state;
    if (tile.title !== title) tile.title = title;
    tile.setAttribute('aria-label', title);
    tile.setAttribute('role', 'img');
    setText(tile, SLOT_LETTERS[slot.state] ?? '?');
  });
}
