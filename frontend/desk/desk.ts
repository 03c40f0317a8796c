/** The operator's desk: every pool at a glance, what happens in it, and the few switches that are safe to reach. */
import { createPoolCard, type PoolActions, type PoolCard } from './poolCard';
import { createQuestionDialog, type Question } from './question';
import type { PoolReading } from './readings';
import { problemText } from './words';
import { button, el, linkTo, setText } from '../src/elements/dom';
import type { View } from '../src/elements/view';
import { PAGES } from '../src/entry/pages';
import type { DeskActions, DeskModel } from './model';

export function createDesk(actions: DeskActions): View<DeskModel> {
  const fresh = el('p', { class: 'desk-fresh', 'data-testid': 'desk-fresh' });
  const problem = el('p', { class: 'desk-problem', role: 'alert', 'data-testid': 'desk-problem' });
  const signIn = button('Sign in again', 'sign-in-again', 'primary', actions.signIn);
  const back = linkTo(PAGES.viewer, 'Back to the start', 'leave-desk', 'quiet');
  const dialog = createQuestionDialog();
  const pools = createPools(createPoolActions(actions, (question) => dialog.ask(question)));
  const head = el('div', { class: 'desk-head' }, el('h1', {}, 'The desk'), fresh, el('span', { class: 'bar-space' }), signIn, back);
  return {
    element: el('section', { class: 'view desk', 'data-testid': 'desk' }, head, problem, pools.element, dialog.element),
    update({ state, now }: DeskModel): void {
      setText(problem, state.problem === null ? '' : problemText(state.problem));
      problem.hidden = state.problem === null;
      signIn.hidden = state.problem?.kind !== 'signInAgain';
      const none = state.pools?.length === 0;
      setText(fresh, none ? 'No pool is configured yet.' : freshText(state.readAt, state.problem !== null, now));
      pools.element.dataset.stale = String(state.problem !== null);
      pools.update({ readings: state.pools ?? [], now });
    },
  };
}

function createPools(actions: PoolActions): View<{ readings: readonly PoolReading[]; now: number }> {
  const cards = new Map<string, PoolCard>();
  const element = el('div', { class: 'pools' });
  return {
    element,
    update({ readings, now }): void {
      for (const { pool } of readings) {
        if (cards.has(pool.poolId)) continue;
        const card = createPoolCard(pool.poolId, actions);
        cards.set(pool.poolId, card);
        element.append(card.element);
      }
      for (const [id, card] of cards) {
        const reading = readings.find(({ pool }) => pool.poolId === id);
        if (reading !== undefined) card.update(reading, now);
        else if (cards.delete(id)) card.element.remove();
      }
    },
  };
}

function freshText(readAt: number | null, failing: boolean, now: number): string {
  if (readAt === null) return failing ? '' : 'Reading…';
  if (!failing) return 'Live';
  return `As it was ${Math.max(1, Math.round((now - readAt) / 1000))} s ago`;
}

function createPoolActions(actions: DeskActions, ask: (question: Question) => void): PoolActions {
  return {
    halt: ({ poolId }) =>
      ask({
        title: `Halt ${poolId}?`,
        confirm: 'Halt',
        text: 'No instance is launched or started any more. Running sessions continue, and instances that are not needed are still removed.',
        reason: 'Reason (other people will read it)',
        act: (reason) => actions.halt(poolId, reason),
      }),
    resume: ({ poolId, halted }) =>
      ask({
        title: `Resume ${poolId}?`,
        confirm: 'Resume',
        text: `It was halted because: ${halted?.reason ?? 'no reason given'}. Failed boots are forgiven, and the pool is planned again at once.`,
        reason: null,
        act: () => actions.resume(poolId),
      }),
    drain: ({ instanceId, slots }) =>
      ask({
        title: `Drain ${instanceId}?`,
        confirm: 'Drain',
        text: `${playingText(slots.filter((slot) => slot.sessionId !== null).length)} It gets no new sessions, and is terminated when it is empty.`,
        reason: null,
        act: () => actions.drain(instanceId),
      }),
    undrain: ({ instanceId }) =>
      ask({
        title: `Take ${instanceId} back into service?`,
        confirm: 'Undrain',
        text: 'Its slots are reset and offered to viewers again.',
        reason: null,
        act: () => actions.undrain(instanceId),
      }),
  };
}

function playingText(sessions: number): string {
  if (sessions === 0) return 'No session is running on it.';
  return sessions === 1
    ? 'One session is running on it and can finish normally.'
    : `${sessions} sessions are running on it and can finish normally.`;
}
