/** Supply against demand as one bar: slots by state, what is on its way, and a mark at what is wanted. */
import type { PoolReading } from './readings';
import { COUNT_LETTERS, COUNT_WORDS, slotCounts } from './words';
import { el, setText } from '../src/elements/dom';

export interface DemandBar {
  readonly element: HTMLElement;
  update(reading: PoolReading): void;
}

export function createDemandBar(): DemandBar {
  const parts = new Map<string, HTMLElement>();
  const mark = el('span', { class: 'wanted-mark' });
  const bar = el('div', { class: 'demand-bar', role: 'img' }, mark);
  const numbers = el('ul', { class: 'numbers' });
  return {
    element: el('div', { class: 'demand' }, bar, numbers),
    update(reading: PoolReading): void {
      const { pool } = reading;
      const counts = slotCounts(reading);
      const supply = counts.filter(([state]) => state !== 'Leaving');
      const filled = supply.reduce((sum, [, count]) => sum + count, 0);
      const whole = Math.max(1, Number(pool.policy.maximum ?? 0), pool.wanted, filled);
      for (const [state, count] of supply) showPart(parts, bar, state, count);
      bar.style.setProperty('--filled', `${(filled / whole) * 100}%`);
      mark.style.left = `${(pool.wanted / whole) * 100}%`;
      mark.title = `${pool.wanted} wanted`;
      const said = counts.map(([state, count]) => `${count} ${COUNT_WORDS[state]}`);
      bar.setAttribute('aria-label', `Slots: ${said.join(', ')}; ${pool.wanted} wanted, at most ${whole}`);
      counts.forEach((count, index) => showNumber(numbers, count, index));
    },
  };
}

function showPart(parts: Map<string, HTMLElement>, bar: HTMLElement, state: string, count: number): void {
  const part = parts.get(state) ?? el('span', { class: 'part', 'data-state': state });
  if (!parts.has(state)) bar.lastElementChild!.before(part);
  parts.set(state, part);
  part.style.flexGrow = String(count);
  part.hidden = count === 0;
  part.title = `${count} ${COUNT_WORDS[state]}`;
}

/** Also the legend of the tiles. */
function showNumber(numbers: HTMLElement, [state, count]: [string, number], index: number): void {
  const item = (numbers.children[index] as HTMLElement | undefined) ?? numbers.appendChild(createNumber(state));
  item.classList.toggle('none', count === 0);
  item.hidden = state === 'Leaving' && count === 0;
  setText(item.querySelector('strong')!, String(count));
}

function createNumber(state: string): HTMLElement {
  const key = el('span', { class: 'tile key', 'data-state': state, 'aria-hidden': 'true' }, COUNT_LETTERS[state] ?? '');
  return el('li', {}, key, el('strong', {}), ` ${COUNT_WORDS[state]}`);
}
