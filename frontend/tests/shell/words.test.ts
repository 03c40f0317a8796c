import { describe, expect, it } from 'vitest';
import { advance, initialState, type PageEvent } from '#player/session/pageState';
import { END_WORDS, endWords } from '../../src/shell/words/statusReasons';
import type { PageModel } from '../../src/shell/words/model';
import type { SessionView } from '#player/api/sessionView';
import { countdownText, isJustMoved, MOVED_TEXT, movingText } from '../../src/shell/words/movingWords';
import { elapsedText } from '../../src/elements/elapsed';
import { waitingReason, waitingTitle } from '../../src/shell/words/waitingWords';
import { announcement, closingWords, playingTimeBackAt, waitingSteps } from '../../src/shell/words/words';
import { assigned, ended, FIRST_FRAME, handedOver, migrating, queued } from '../sessions';

function model(events: PageEvent[], fields: Partial<PageModel> = {}): PageModel {
  const state = events.reduce((former, event) => advance(former, event, 0), initialState(0));
  return {
    state,
    now: 0,
    serverNow: 0,
    idleEndsAt: null,
    productName: 'Greenroom',
    applicationName: 'Demo',
    userName: 'ada',
    muted: true,
    socketConnected: true,
    joined: false,
    playBlocked: false,
    stillFor_ms: null,
    operator: false,
    ...fields,
  };
}
const asked: PageEvent[] = [{ type: 'signedIn' }, { type: 'playPressed' }];
const granted = (session = assigned()): PageEvent => ({ type: 'granted', session });
const statuses = (subject: PageModel): string[] => waitingSteps(subject).map((step) => step.status);

describe('words', () => {
  it('tell the time', () => {
    expect([0, 999, 65_000, 3_700_000, -5].map(elapsedText)).toEqual(['0:00', '0:00', '1:05', '1:01:40', '0:00']);
  });

  it('say the place in line and why, as a sentence', () => {
    const said = (session: SessionView) =>
      [waitingTitle, (state: PageModel['state']) => waitingReason(model([], { state }))].map((say) =>
        say(model([...asked, granted(session)]).state),
      );
    expect(said(queued())).toEqual(['You are 2nd in line', 'All places are taken.']);
    expect(said(queued({ place: 1, reason: 'a server boots.' }))).toEqual(['You are next', 'A server boots.']);
    expect(waitingReason(model([...asked, granted(queued({ place: null, reason: null }))]))).toBe('You are in line for a server.');
  });

  it('move the steps on', () => {
    expect(statuses(model(asked))).toEqual(['done', 'active', 'todo', 'todo']);
    expect(statuses(model([...asked, granted(queued())]))).toEqual(['done', 'active', 'todo', 'todo']);
    expect(statuses(model([...asked, granted()]))).toEqual(['done', 'done', 'active', 'todo']);
    expect(statuses(model([...asked, granted()], { joined: true }))).toEqual(['done', 'done', 'done', 'active']);
  });

  it('know every reason a session can end for', () => {
    const reasons = [
      'userLeft',
      'idleTimeout',
      'connectionTimeout',
      'reconnectionTimeout',
      'maxSessionLength',
      'applicationExit',
      'spotInterrupted',
      'instanceUnhealthy',
      'capacityUnavailable',
      'quotaExceeded',
      'budgetExceeded',
      'eventEnded',
      'cancelled',
      'operatorTerminated',
      'internalError',
    ];
    expect(Object.keys(END_WORDS).sort()).toEqual([...reasons].sort());
    expect(endWords('somethingNew').text).toContain('somethingNew');
    expect(endWords(null).title).toBe('The session ended');
  });

  it('tell a move: why, how far, and for how long, in words that do not change with the clock', () => {
    const moving = (session: SessionView, now: number, ...more: PageEvent[]) =>
      model([...asked, granted(), FIRST_FRAME, { type: 'sessionUpdated', session }, ...more], { now });
    const told = (subject: PageModel) => [movingText(subject, subject.state.move!), countdownText(subject, subject.state.move!)];
    const waiting = migrating({ place: 2 });
    expect(told(moving(waiting, 17_000))).toEqual([
      'The cloud company that we rent this server from needs it back. You are 2nd in line for another server.',
      'You can keep playing here until this server stops, at the latest in 1:43.',
    ]);
    expect(told(moving(migrating(), 119_500))[1]).toBe('The video may stop at any moment.');
    expect(told(moving(handedOver(), 17_000))).toEqual([
      'The cloud company that we rent this server from needs it back. Another server is reserved for you. You will be playing there shortly.',
      '',
    ]);
    expect(announcement(moving(waiting, 1000))).toBe(announcement(moving(waiting, 60_000)));
    expect(announcement(moving(waiting, 0))).not.toBe(announcement(moving(migrating({ place: 1 }), 0)));
    expect(announcement(moving(waiting, 0, { type: 'pictureLost' }))).toContain('Moving you to another server');
    const arrived = moving(handedOver(), 0, { type: 'firstFrame', slot: 'i-0def.1#4' });
    expect([announcement(arrived), isJustMoved(arrived), isJustMoved({ ...arrived, now: 9000 })]).toEqual([MOVED_TEXT, true, false]);
  });

  it('tell of an instance that goes before the first picture', () => {
    const lost = model([...asked, granted(), { type: 'sessionUpdated', session: migrating({ place: 1 }) }], { joined: true });
    expect(waitingReason(lost)).toBe('The server reserved for you is being taken out of service. You are next in line for another server.');
    expect(statuses(lost)).toEqual(['done', 'active', 'todo', 'todo']);
  });

  it('tell the truth about an end in the middle of a move', () => {
    const during = (...events: PageEvent[]) =>
      closingWords(model([...asked, granted(), FIRST_FRAME, { type: 'sessionUpdated', session: migrating() }, ...events]).state);
    expect(during({ type: 'left' }).title).toBe('You left during the move');
    expect(during({ type: 'sessionUpdated', session: ended('spotInterrupted') }).text).toContain('none was ready in time');
    expect(endWords('spotInterrupted').text).not.toContain('in time');
    expect(endWords('instanceUnhealthy', true, 3).text).toContain('only a limited number of times');
  });

  it('tell used-up playing time from a full house, and when it comes back: at midnight of UTC', () => {
    const over = (fields: Partial<SessionView>) =>
      model([...asked, granted(), FIRST_FRAME, { type: 'sessionUpdated', session: { ...ended('quotaExceeded'), ...fields } }]).state;
    const backAt = (fields: Partial<SessionView>) => playingTimeBackAt(over(fields));
    expect(closingWords(over({}))).toMatchObject({
      title: 'Today’s playing time is used up',
      text: expect.not.stringContaining('places') as string,
    });
    expect(backAt({ endsBy: '2026-01-31T13:00:00.000Z' })).toBe(Date.parse('2026-02-01T00:00:00.000Z'));
    expect(backAt({ endsBy: '2026-02-01T00:30:00.000Z' })).toBe(Date.parse('2026-02-02T00:00:00.000Z'));
    expect(backAt({ endsBy: '2026-01-31T23:59:59.500Z', endedAt: '2026-02-01T00:00:01.000Z' })).toBe(
      Date.parse('2026-02-01T00:00:00.000Z'),
    );
    expect(backAt({ endedAt: '2026-01-31T13:00:00.000Z' })).toBe(Date.parse('2026-02-01T00:00:00.000Z'));
    expect([backAt({}), playingTimeBackAt(model([...asked, granted(), { type: 'left' }]).state)]).toEqual([null, null]);
  });

  it('announce every state', () => {
    expect(announcement(model([...asked, granted(), FIRST_FRAME]))).toContain('Playing Demo');
    expect(announcement(model([...asked, granted(), { type: 'left' }]))).toContain('Request cancelled');
  });
});
