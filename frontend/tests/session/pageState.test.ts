import { describe, expect, it } from 'vitest';
import { Problem } from '#player/api/problems';
import { advance, initialState, type PageEvent, type PageState, type PageStateName } from '#player/session/pageState';
import { assigned, ended, FIRST_FRAME, queued } from '../sessions';

function walk(...events: PageEvent[]): PageState {
  return events.reduce((state, event, index) => advance(state, event, index + 1), initialState(0));
}
const granted = (session = assigned()): PageEvent => ({ type: 'granted', session });
const updated = (session = assigned()): PageEvent => ({ type: 'sessionUpdated', session });
const PLAYING: PageEvent[] = [{ type: 'signedIn' }, { type: 'playPressed' }, granted(), FIRST_FRAME];

describe('the page', () => {
  const table: { desc: string; events: PageEvent[]; name: PageStateName }[] = [
    { desc: 'begins signed out', events: [], name: 'signedOut' },
    { desc: 'is ready once signed in', events: [{ type: 'signedIn' }], name: 'ready' },
    { desc: 'cannot play signed out', events: [{ type: 'playPressed' }], name: 'signedOut' },
    { desc: 'asks when Play is pressed', events: PLAYING.slice(0, 2), name: 'requesting' },
    { desc: 'joins at once with a hot slot', events: PLAYING.slice(0, 3), name: 'joining' },
    { desc: 'waits without a slot', events: [...PLAYING.slice(0, 2), granted(queued())], name: 'waiting' },
    { desc: 'joins when the line moves', events: [...PLAYING.slice(0, 2), granted(queued()), updated()], name: 'joining' },
    { desc: 'plays with the first frame', events: PLAYING, name: 'playing' },
    { desc: 'does not believe a frame before a slot', events: [...PLAYING.slice(0, 2), granted(queued()), FIRST_FRAME], name: 'waiting' },
    {
      desc: 'keeps playing when told Disconnected while frames flow',
      events: [...PLAYING, updated(assigned({ state: 'Disconnected', version: 5 }))],
      name: 'playing',
    },
    { desc: 'reconnects when the picture is lost', events: [...PLAYING, { type: 'pictureLost' }], name: 'reconnecting' },
    { desc: 'plays again after a reconnect', events: [...PLAYING, { type: 'pictureLost' }, FIRST_FRAME], name: 'playing' },
    { desc: 'ends when the server says so', events: [...PLAYING, updated(ended('applicationExit'))], name: 'ended' },
    {
      desc: 'ends already at Ending',
      events: [...PLAYING, updated(assigned({ state: 'Ending', statusReason: 'idleTimeout', version: 5 }))],
      name: 'ended',
    },
    { desc: 'gives way to another tab', events: [...PLAYING, { type: 'superseded' }], name: 'superseded' },
    { desc: 'fails on a refusal', events: [...PLAYING.slice(0, 2), { type: 'refused', problem: new Problem('notFound') }], name: 'failed' },
    {
      desc: 'can play again from failed',
      events: [{ type: 'signedIn' }, { type: 'refused', problem: new Problem('serverError') }, { type: 'playPressed' }],
      name: 'requesting',
    },
    { desc: 'ignores a second Play', events: [...PLAYING, { type: 'playPressed' }], name: 'playing' },
    { desc: 'leaves while requesting', events: [...PLAYING.slice(0, 2), { type: 'left' }], name: 'ended' },
    {
      desc: 'does not revive a left session',
      events: [...PLAYING, { type: 'left' }, updated(assigned({ version: 8 })), FIRST_FRAME],
      name: 'ended',
    },
    { desc: 'signs out from anywhere', events: [...PLAYING, { type: 'signedOut' }], name: 'signedOut' },
  ];
  it.each(table)('$desc', ({ events, name }) => expect(walk(...events).name).toBe(name));

  it('says userLeft after a picture and cancelled before one, until the server gives the reason', () => {
    expect(walk(...PLAYING, { type: 'left' }).statusReason).toBe('userLeft');
    expect(walk(...PLAYING.slice(0, 3), { type: 'left' }).statusReason).toBe('cancelled');
    expect(walk(...PLAYING, { type: 'left' }, updated(ended('spotInterrupted'))).statusReason).toBe('spotInterrupted');
  });

  it('drops an older version and another session', () => {
    const playing = walk(...PLAYING);
    expect(advance(playing, updated({ ...ended('userLeft'), version: 3 }), 9)).toBe(playing);
    expect(advance(playing, updated({ ...ended('userLeft'), sessionId: 'ses-other' }), 9)).toBe(playing);
  });

  it('measures click to first frame once, not again after a reconnect', () => {
    const state = walk(...PLAYING, { type: 'pictureLost' }, FIRST_FRAME);
    expect([state.clickedAt, state.firstFrameAt]).toEqual([2, 4]);
  });

  it('forgets the former session when a new one is asked for', () => {
    const state = walk(...PLAYING, { type: 'left' }, { type: 'playPressed' });
    expect([state.session, state.firstFrameAt, state.statusReason]).toEqual([null, null, null]);
  });
});
