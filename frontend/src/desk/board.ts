/** The operator's desk: every pool at a glance, what happens in it, and the few switches that are safe to reach. */
import { createPoolCard, type PoolActions, type PoolCard } from './boardPool';
import { createQuestionDialog, type Question } from './boardQuestion';
import { problemText } from './boardWords';
import { button, el, setText } from '../elements/dom';
import type { View } from '../elements/view';
import type { BoardActions, BoardModel } from './boardModel';

export function createBoard(actions: BoardActions): View<BoardModel> {
  const cards = new Map<string, PoolCard>();
  const title = el('h1', {}, 'The fleet');
  const fresh = el('p', { class: 'board-fresh', 'data-testid': 'board-fresh' });
  const problem = el('p', { class: 'board-problem', role: 'alert', 'data-testid': 'board-problem' });
  const back = button('Back to the start', 'leave-board', 'quiet', () => actions.showBoard(false));
  const pools = el('div', { class: 'pools' });
  const dialog = createQuestionDialog();
  const element = el(
    'section',
    { class: 'view board', 'data-testid': 'board' },
    el('div', { class: 'board-head' }, title, fresh, el('span', { class: 'bar-space' }), back),
    problem,
    pools,
    dialog.element,
  );
  const poolActions = createPoolActions(actions, (question) => dialog.ask(question));
  return {
    element,
    update(model: BoardModel): void {
      if (model.board === null) return;
      const { operator, state } = model.board;
      const failed = state.problem === null ? '' : problemText(state.problem);
      setText(
        problem,
        operator ? failed : 'The fleet is shown to operators only. Ask the person who runs this service, or sign in with another account.',
      );
      problem.hidden = problem.textContent === '';
      setText(fresh, operator ? freshText(state.readAt, state.problem !== null, model.now) : '');
      const readings = operator ? (state.pools ?? []) : [];
      for (const { pool } of readings) {
        if (cards.has(pool.poolId)) continue;
        const card = createPoolCard(pool.poolId, poolActions);
        cards.set(pool.poolId, card);
        pools.append(card.element);
      }
      for (const [id, card] of cards) {
        const reading = readings.find(({ pool }) => pool.poolId === id);
        if (reading !== undefined) card.update(reading, model.now);
        else if (cards.delete(id)) card.element.remove();
      }
      pools.dataset.stale = String(state.problem !== null);
      if (operator && state.pools?.length === 0) setText(fresh, 'No pool is configured yet.');
    },
  };
}

function freshText(readAt: number | null, failing: boolean, now: number): string {
  if (readAt === null) return failing ? '' : 'Reading…';
  if (!failing) return 'Live';
  return `As it was ${Math.max(1, Math.round((now - readAt) / 1000))} s ago`;
}

function createPoolActions(actions: BoardActions, ask: (question: Question) => void): PoolActions {
  return {
    halt: ({ poolId }) =>
      ask({
        title: `Halt ${poolId}?`,
        confirm: 'Halt',
        text: 'Nothing is launched or started any more. Whoever plays goes on playing, and instances that are not needed still go.',
        reason: 'Why (others will read it)',
        act: (reason) => actions.halt(poolId, reason),
      }),
    resume: ({ poolId, halted }) =>
      ask({
        title: `Resume ${poolId}?`,
        confirm: 'Resume',
        text: `It was halted because: ${halted?.reason ?? 'no reason given'}. Failed boots are forgotten, and it is planned again at once.`,
        reason: null,
        act: () => actions.resume(poolId),
      }),
    drain: ({ instanceId, slots }) =>
      ask({
        title: `Drain ${instanceId}?`,
        confirm: 'Drain',
        text: `${playingText(slots.filter((slot) => slot.sessionId !== null).length)} Nobody new comes, and when it is empty it is terminated.`,
        reason: null,
        act: () => actions.drain(instanceId),
      }),
    undrain: ({ instanceId }) =>
      ask({
        title: `Take ${instanceId} back into service?`,
        confirm: 'Undrain',
        text: 'Its slots are cleared and offered again.',
        reason: null,
        act: () => actions.undrain(instanceId),
      }),
  };
}

function playingText(sessions: number): string {
  if (sessions === 0) return 'Nobody plays on it.';
  return sessions === 1 ? 'One session runs on it and ends in peace.' : `${sessions} sessions run on it and end in peace.`;
}
