import { describe, expect, it } from 'vitest';
import { advance, initialState, type PageEvent, type PageState } from '#player/session/pageState';
import { isHandedOver, moveOf } from '#player/session/sessionMove';
import { type SessionView, slotKey } from '#player/api/sessionView';
import { assigned, ended, FIRST_FRAME, handedOver, migrating, OTHER_SLOT, queued, SLOT, THIRD_SLOT } from '../sessions';

function walk(...events: PageEvent[]): PageState {
  return events.reduce((state, event, index) => advance(state, event, index + 1), initialState(0));
}
const updated = (session: SessionView): PageEvent => ({ type: 'sessionUpdated', session });
const frame = (slot: typeof SLOT): PageEvent => ({ type: 'firstFrame', slot: slotKey(slot) });
const ASKED: PageEvent[] = [{ type: 'signedIn' }, { type: 'playPressed' }];
const JOINING: PageEvent[] = [...ASKED, { type: 'granted', session: assigned() }];
const PLAYING: PageEvent[] = [...JOINING, FIRST_FRAME]; // at 4
const LOST: PageEvent = { type: 'pictureLost' };
/** Where the viewer stands: the page's state, whether a move is under way, which slot is seen, whether one arrived. */
const stand = (state: PageState): unknown[] => [state.name, state.move !== null, state.shownOn, state.moved !== null];

const [A, B, C] = [slotKey(SLOT), slotKey(OTHER_SLOT), slotKey(THIRD_SLOT)];

describe('a move to another instance', () => {
  const connected = assigned({ state: 'Connected', slot: OTHER_SLOT, migrations: 1, version: 8 });
  const again = migrating({ slot: OTHER_SLOT, migrations: 2, version: 9 });
  const third = handedOver({ slot: THIRD_SLOT, migrations: 2, version: 10 });
  const table: { desc: string; events: PageEvent[]; stands: unknown[] }[] = [
    { desc: 'is told while the old picture runs', events: [...PLAYING, updated(migrating())], stands: ['playing', true, A, false] },
    {
      desc: 'goes on after the hand-over until its picture',
      events: [...PLAYING, updated(migrating()), updated(handedOver())],
      stands: ['playing', true, A, false],
    },
    {
      desc: 'ends with the first frame of the new slot',
      events: [...PLAYING, updated(migrating()), updated(handedOver()), frame(OTHER_SLOT)],
      stands: ['playing', false, B, true],
    },
    {
      desc: 'does not begin again while the server still says moving',
      events: [...PLAYING, updated(migrating()), updated(handedOver()), frame(OTHER_SLOT), updated(handedOver({ version: 7 }))],
      stands: ['playing', false, B, true],
    },
    {
      desc: 'stays over when the server says connected',
      events: [...PLAYING, updated(migrating()), updated(handedOver()), frame(OTHER_SLOT), updated(connected)],
      stands: ['playing', false, B, true],
    },
    { desc: 'is seen in the hand-over alone', events: [...PLAYING, updated(handedOver())], stands: ['playing', true, A, false] },
    {
      desc: 'is seen in the hand-over alone though the server forgot to say moving',
      events: [...PLAYING, updated(handedOver({ moving: null }))],
      stands: ['playing', true, A, false],
    },
    {
      desc: 'waits without a picture when the old one is lost before',
      events: [...PLAYING, updated(migrating()), LOST],
      stands: ['reconnecting', true, A, false],
    },
    {
      desc: 'is told after the picture was lost',
      events: [...PLAYING, LOST, updated(migrating())],
      stands: ['reconnecting', true, A, false],
    },
    {
      desc: 'plays again after the old picture was lost',
      events: [...PLAYING, updated(migrating()), LOST, updated(handedOver()), frame(OTHER_SLOT)],
      stands: ['playing', false, B, true],
    },
    {
      desc: 'is not over with a picture of the old instance',
      events: [...PLAYING, updated(migrating()), LOST, frame(SLOT)],
      stands: ['playing', true, A, false],
    },
    {
      desc: 'ignores a frame of the slot that is shown',
      events: [...PLAYING, updated(migrating()), frame(SLOT)],
      stands: ['playing', true, A, false],
    },
    {
      desc: 'survives a second migration before its picture',
      events: [
        ...PLAYING,
        updated(migrating()),
        updated(handedOver()),
        updated(migrating({ slot: OTHER_SLOT, migrations: 2, version: 7 })),
        updated(third),
      ],
      stands: ['playing', true, A, false],
    },
    {
      desc: 'arrives after a second migration',
      events: [
        ...PLAYING,
        updated(migrating()),
        updated(handedOver()),
        updated(migrating({ slot: OTHER_SLOT, migrations: 2, version: 7 })),
        updated(third),
        frame(THIRD_SLOT),
      ],
      stands: ['playing', false, C, true],
    },
    {
      desc: 'begins anew when the second instance goes after its picture came',
      events: [...PLAYING, updated(migrating()), updated(handedOver()), frame(OTHER_SLOT), updated(connected), updated(again)],
      stands: ['playing', true, B, true],
    },
    {
      desc: 'goes on when the second instance goes just before its picture comes',
      events: [...PLAYING, updated(migrating()), updated(handedOver()), updated(again), frame(OTHER_SLOT)],
      stands: ['playing', true, B, true],
    },
    {
      desc: 'is no move before any picture, only another slot',
      events: [...JOINING, updated(migrating()), updated(handedOver()), frame(OTHER_SLOT)],
      stands: ['playing', false, B, false],
    },
    { desc: 'is known while joining', events: [...JOINING, updated(migrating())], stands: ['joining', true, null, false] },
    {
      desc: 'is found by a reload',
      events: [{ type: 'signedIn' }, { type: 'rejoined', session: migrating() }],
      stands: ['joining', true, null, false],
    },
    {
      desc: 'stays in the closing words when the viewer leaves',
      events: [...PLAYING, updated(migrating()), { type: 'left' }, updated(ended('userLeft'))],
      stands: ['ended', true, A, false],
    },
    {
      desc: 'stays in the closing words when no instance was found',
      events: [...PLAYING, updated(migrating()), LOST, updated(ended('spotInterrupted'))],
      stands: ['ended', true, A, false],
    },
    {
      desc: 'is forgotten with the next session',
      events: [...PLAYING, updated(migrating()), { type: 'left' }, { type: 'playPressed' }],
      stands: ['requesting', false, null, false],
    },
    {
      desc: 'is not begun by a Disconnected notice',
      events: [...PLAYING, updated(assigned({ state: 'Disconnected', version: 5 }))],
      stands: ['playing', false, A, false],
    },
    {
      desc: 'is not begun by getting a slot at last',
      events: [...ASKED, { type: 'granted', session: queued() }, updated(assigned())],
      stands: ['joining', false, null, false],
    },
  ];
  it.each(table)('$desc', ({ events, stands }) => expect(stand(walk(...events))).toEqual(stands));

  it('keeps the session and the moment it was first told, and notes when the picture came', () => {
    const state = walk(...PLAYING, updated(migrating()), updated(handedOver()), frame(OTHER_SLOT));
    expect([state.session?.sessionId, state.moved, state.firstFrameAt]).toEqual([migrating().sessionId, { toldAt: 5, at: 7 }, 4]);
  });

  it('tells the second move its own time when the first had arrived', () => {
    const state = walk(...PLAYING, updated(handedOver()), frame(OTHER_SLOT), updated(again));
    expect([state.move?.toldAt, state.move?.from, state.moved?.at]).toEqual([7, B, 6]);
  });

  it('keeps the reason and the end of the old picture when a later word leaves them out', () => {
    const state = walk(...PLAYING, updated(migrating()), updated(handedOver({ moving: null })));
    expect([state.move?.reason, state.move?.pictureUntil]).toEqual(['spotInterrupted', 120_005]);
  });

  it('never promises longer than the notice was, whatever this clock says', () => {
    const [late, early] = [Date.parse('2026-01-31T12:06:30Z'), Date.parse('2026-01-31T11:00:00Z')];
    expect(moveOf(migrating(), A, null, late)!.pictureUntil! - late).toBe(30_000);
    expect(moveOf(migrating(), A, null, early)!.pictureUntil! - early).toBe(120_000);
    expect(moveOf(migrating({ moving: { since: '', pictureUntil: null, reason: null } }), A, null, 5)!.pictureUntil).toBe(null);
  });

  it('is handed over once another slot is reserved, even at the same epoch', () => {
    const move = moveOf(migrating(), A, null, 5)!;
    expect([migrating(), handedOver(), null].map((session) => isHandedOver(session, move))).toEqual([false, true, false]);
    expect(OTHER_SLOT.epoch).toBe(SLOT.epoch);
  });
});
