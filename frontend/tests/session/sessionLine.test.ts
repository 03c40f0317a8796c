import { describe, expect, it } from 'vitest';
import { advance, initialState, type PageEvent, type PageState } from '#player/session/pageState';
import type { EtaView } from '#player/api/sessionView';
import { assigned, ended, migrating, queued, SESSION_ID } from '../sessions';

const AT = Date.parse('2026-01-31T12:00:00.000Z');
const iso = (in_s: number): string => new Date(AT + in_s * 1000).toISOString();
const eta = (made_s: number, p50_s: number, p90_s: number, reason = 'two ahead'): EtaView => ({
  p50: iso(p50_s),
  p90: iso(p90_s),
  reason,
  at: iso(made_s),
});
const news = (place: number | null, forecast: EtaView | null, sessionId = SESSION_ID): PageEvent => ({
  type: 'lineMoved',
  news: { sessionId, place, eta: forecast },
});
const updated = (session = queued()): PageEvent => ({ type: 'sessionUpdated', session });

/** Each event is heard at its own second. */
function walk(...events: [number, PageEvent][]): PageState {
  const asked = advance(advance(initialState(AT), { type: 'signedIn' }, AT), { type: 'playPressed' }, AT);
  return events.reduce((state, [second, event]) => advance(state, event, AT + second * 1000), asked);
}
const granted = (session = queued()): [number, PageEvent] => [0, { type: 'granted', session }];
const seconds = (state: PageState): (number | null)[] => [
  state.line!.place,
  ...[state.line?.forecast?.soon, state.line?.forecast?.late].map((time) => (time === undefined ? null : Math.round((time - AT) / 1000))),
];

describe('the line', () => {
  it('begins with what the answer says', () => {
    expect(seconds(walk(granted()))).toEqual([2, null, null]);
    expect(seconds(walk(granted(queued({ place: 3, eta: eta(0, 60, 120) }))))).toEqual([3, 60, 120]);
  });

  it('moves by a frame without a new version', () => {
    const state = walk(granted(), [2, news(1, eta(2, 30, 90))]);
    expect([state.session?.version, state.session?.place, ...seconds(state)]).toEqual([1, 1, 1, 30, 90]);
  });

  it('moves by a read session of the same version', () => {
    expect(seconds(walk(granted(), [3, updated(queued({ place: 1, eta: eta(3, 20, 40) }))]))).toEqual([1, 20, 40]);
  });

  it('is never blank again once it was known', () => {
    expect(
      seconds(walk(granted(queued({ eta: eta(0, 60, 120) })), [5, updated(queued({ place: null, version: 2 }))], [6, news(null, null)])),
    ).toEqual([2, 60, 120]);
  });

  it('drops what was made earlier, whatever way it came', () => {
    expect(seconds(walk(granted(), [9, news(1, eta(9, 30, 60))], [10, news(2, eta(1, 90, 150))]))).toEqual([1, 30, 60]);
  });

  it('tells the forecast in this tab’s clock, whether that is an hour ahead or behind', () => {
    for (const wrong_s of [3600, -3600]) {
      const state = walk(granted(), [wrong_s + 8, news(2, eta(0, 60, 120))], [wrong_s + 11, news(2, eta(10, 60, 120))]);
      expect(seconds(state)).toEqual([2, wrong_s + 61, wrong_s + 121]);
    }
  });

  it('does not count what is no time, and orders what is crossed', () => {
    expect(seconds(walk(granted(), [1, news(2, { p50: 'soon', p90: iso(9), reason: null, at: iso(1) })]))).toEqual([2, null, null]);
    expect(seconds(walk(granted(), [0, news(2, eta(0, 90, 50))]))).toEqual([2, 50, 90]);
  });

  it('ends with the slot, and a late frame does not bring it back', () => {
    expect(walk(granted(), [4, updated(assigned())], [5, news(1, eta(5, 1, 2))]).line).toBeNull();
  });

  it('is nobody else’s, and over when the session is', () => {
    const state = walk(granted());
    expect(advance(state, news(9, eta(0, 1, 2), 'ses-other'), AT)).toBe(state);
    const left = walk(granted(), [1, { type: 'left' }]);
    expect([left.line, left.leftHere, advance(left, news(1, null), AT)]).toEqual([null, true, left]);
    expect(walk(granted(), [1, updated(ended('cancelled'))]).leftHere).toBe(false);
  });

  it('is stood in again by one whose instance goes', () => {
    expect(seconds(walk(granted(assigned()), [1, updated(migrating({ place: 2 }))], [2, news(1, eta(2, 12, 24))]))).toEqual([1, 12, 24]);
  });
});
