import { describe, expect, it } from 'vitest';
import { advance, initialState, type PageEvent } from '../src/sessionMachine';
import { END_WORDS, endWords } from '../src/statusReasons';
import type { PageModel } from '../src/views/model';
import { announcement, elapsedText, waitingReason, waitingSteps } from '../src/views/words';
import { assigned, queued } from './sessions';

function model(events: PageEvent[], fields: Partial<PageModel> = {}): PageModel {
  const state = events.reduce((former, event) => advance(former, event, 0), initialState(0));
  return { state, now: 0, productName: 'Greenroom', applicationName: 'Demo', userName: 'ada', muted: true, socketConnected: true, joined: false, playBlocked: false, ...fields };
}
const asked: PageEvent[] = [{ type: 'signedIn' }, { type: 'playPressed' }];
const granted = (session = assigned()): PageEvent => ({ type: 'granted', session });
const statuses = (subject: PageModel): string[] => waitingSteps(subject).map((step) => step.status);

describe('words', () => {
  it('tell the time', () => {
    expect([0, 999, 65_000, 3_700_000, -5].map(elapsedText)).toEqual(['0:00', '0:00', '1:05', '1:01:40', '0:00']);
  });

  it('say the place in line and why, as a sentence', () => {
    expect(waitingReason(model([...asked, granted(queued())]))).toBe('You are number 2 in line. All places are taken.');
    expect(waitingReason(model([...asked, granted(queued({ place: 1, reason: 'a machine boots.' }))]))).toBe('You are next. A machine boots.');
    expect(waitingReason(model([...asked, granted(queued({ place: null, reason: null }))]))).toMatch(/machine is being made ready\.$/);
  });

  it('move the steps on', () => {
    expect(statuses(model(asked))).toEqual(['done', 'active', 'todo', 'todo']);
    expect(statuses(model([...asked, granted(queued())]))).toEqual(['done', 'active', 'todo', 'todo']);
    expect(statuses(model([...asked, granted()]))).toEqual(['done', 'done', 'active', 'todo']);
    expect(statuses(model([...asked, granted()], { joined: true }))).toEqual(['done', 'done', 'done', 'active']);
  });

  it('know every reason a session can end for', () => {
    const reasons = ['userLeft', 'idleTimeout', 'connectionTimeout', 'reconnectionTimeout', 'maxSessionLength', 'applicationExit', 'spotInterrupted',
      'instanceUnhealthy', 'capacityUnavailable', 'quotaExceeded', 'budgetExceeded', 'eventEnded', 'cancelled', 'operatorTerminated', 'internalError'];
    expect(Object.keys(END_WORDS).sort()).toEqual([...reasons].sort());
    expect(endWords('somethingNew').text).toContain('somethingNew');
    expect(endWords(null).title).toBe('The session ended');
  });

  it('announce every state', () => {
    expect(announcement(model([...asked, granted(), { type: 'firstFrame' }]))).toContain('Playing Demo');
    expect(announcement(model([...asked, granted(), { type: 'left' }]))).toContain('Request cancelled');
  });
});
