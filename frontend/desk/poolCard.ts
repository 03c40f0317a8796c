/** One pool: its policy, supply against demand, its instances, and the last decisions in words. */
import type { PoolReading } from './readings';
import type { DecisionView, PoolView } from './operatorViews';
import { createDemandBar } from './demandBar';
import { createInstanceCard, type InstanceActions, type InstanceCard } from './instanceCard';
import { agoText, decisionWords, demandText, inOrder, noInstanceText, policyTexts } from './words';
import { button, el, setText } from '../src/elements/dom';

export interface PoolActions extends InstanceActions {
  halt(pool: PoolView): void;
  resume(pool: PoolView): void;
}

export interface PoolCard {
  readonly element: HTMLElement;
  update(reading: PoolReading, now: number): void;
}

export function createPoolCard(poolId: string, actions: PoolActions): PoolCard {
  let shown: PoolView | null = null;
  const policy = el('ul', { class: 'chips' });
  const halt = button('Halt', 'halt', 'small danger', () => shown && actions.halt(shown));
  const resume = button('Resume', 'resume', 'small', () => shown && actions.resume(shown));
  const halted = el('p', { class: 'halted', 'data-testid': 'halted' });
  const sentence = el('p', { class: 'demand-text', 'data-testid': 'demand' });
  const demand = createDemandBar();
  const instances = createInstances(actions);
  const decisions = createDecisions();
  const head = el('div', { class: 'pool-head' }, el('h2', {}, poolId), el('span', { class: 'bar-space' }), halt, resume);
  const element = el(
    'section',
    { class: 'pool', 'data-testid': 'pool', 'data-pool': poolId, 'aria-label': `Pool ${poolId}` },
    head,
    policy,
    halted,
    sentence,
    demand.element,
    el('div', { class: 'pool-body' }, instances.element, decisions.element),
  );
  return {
    element,
    update(reading: PoolReading, now: number): void {
      const { pool } = reading;
      shown = pool;
      showChips(policy, [
        ...policyTexts(pool),
        pool.markets.join(' then '),
        ...pool.events.map((each) => `event: ${each.left} of ${each.slots} reserved slots left`),
      ]);
      halt.hidden = pool.halted !== null;
      resume.hidden = pool.halted === null;
      halted.hidden = pool.halted === null;
      setText(halted, pool.halted === null ? '' : `Halted by ${pool.halted.by}, ${agoText(pool.halted.at, now)}: ${pool.halted.reason}`);
      element.dataset.short = String(pool.supply < pool.wanted);
      setText(sentence, demandText(pool));
      demand.update(reading);
      instances.update(reading, now);
      decisions.update(reading.decisions, now);
    },
  };
}

function showChips(chips: HTMLElement, texts: string[]): void {
  const said = texts.filter(Boolean);
  if (chips.textContent !== said.join('')) chips.replaceChildren(...said.map((text) => el('li', { class: 'chip' }, text)));
}

function createInstances(actions: InstanceActions): { element: HTMLElement; update(reading: PoolReading, now: number): void } {
  const cards = new Map<string, InstanceCard>();
  const grid = el('ul', { class: 'instances' });
  const none = el('p', { class: 'none' });
  return {
    element: el('div', { class: 'instances-side' }, grid, none),
    update(reading: PoolReading, now: number): void {
      const ordered = inOrder(reading.instances);
      const alive = new Set(ordered.map((each) => each.instanceId));
      for (const [id, card] of cards) {
        if (alive.has(id)) continue;
        card.element.remove();
        cards.delete(id);
      }
      ordered.forEach((instance, index) => {
        const card = cards.get(instance.instanceId) ?? createInstanceCard(instance, actions);
        cards.set(instance.instanceId, card);
        card.update(instance, now);
        // Moved only when its place changed: moving takes the focus away.
        if (grid.children[index] !== card.element) grid.insertBefore(card.element, grid.children[index] ?? null);
      });
      none.hidden = ordered.length > 0;
      setText(none, noInstanceText(reading));
    },
  };
}

function createDecisions(): { element: HTMLElement; update(decisions: readonly DecisionView[], now: number): void } {
  const lines = el('ol', { class: 'decisions', tabindex: '0', 'aria-label': 'Last decisions, newest first' });
  let written = '';
  return {
    element: el('div', { class: 'decisions-side' }, el('h3', {}, 'Last decisions'), lines),
    update(decisions, now): void {
      const text = JSON.stringify(decisions);
      if (text !== written) lines.replaceChildren(...decisions.map(createDecision));
      written = text;
      decisions.forEach((decision, index) => setText(lines.children[index]!.querySelector('.when')!, agoText(decision.at, now)));
      if (decisions.length === 0) lines.replaceChildren(el('li', { class: 'none' }, 'Nothing was decided yet.'));
    },
  };
}

function createDecision(decision: DecisionView): HTMLElement {
  const { title, details, tone } = decisionWords(decision);
  const when = el('time', { class: 'when', datetime: decision.at, title: decision.at });
  return el(
    'li',
    { class: 'decision', 'data-tone': tone },
    el('div', { class: 'decision-head' }, el('span', { class: 'decision-title' }, title), when),
    ...details.map((each) => el('p', {}, each)),
  );
}
