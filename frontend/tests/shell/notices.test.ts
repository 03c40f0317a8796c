import { describe, expect, it } from 'vitest';
import { Api } from '#player/api/api';
import { advance, initialState, type PageState } from '#player/session/pageState';
import type { PageModel } from '../../src/shell/words/model';
import { idleCountdown, noticeAnnouncement, stillText, timeLeft, timeLeftText, timeLeftTitle } from '../../src/shell/words/noticeWords';
import { announcement } from '../../src/shell/words/words';
import { assigned, FIRST_FRAME } from '../sessions';

const ENDS = '2026-01-31T13:00:00.000Z';
function playing(left_s: number, fields: Partial<PageModel> = {}): PageModel {
  let state: PageState = advance({ ...initialState(0), name: 'requesting' }, { type: 'granted', session: assigned({ endsBy: ENDS }) }, 0);
  state = advance(state, FIRST_FRAME, 0);
  return {
    state,
    now: 0,
    serverNow: Date.parse(ENDS) - left_s * 1000,
    idleEndsAt: null,
    stillFor_ms: null,
    playBlocked: false,
    applicationName: 'Demo',
    ...fields,
  } as PageModel;
}

describe('the notices over the picture', () => {
  it.each([
    [301, null, null],
    [300, 'soon', 'This session ends in 5:00'],
    [281, 'soon', 'This session ends in 4:41'],
    [280, 'clock', 'This session ends in 4:40'],
    [61, 'clock', 'This session ends in 1:01'],
    [60, 'verySoon', 'This session ends in 1:00'],
    [0, 'verySoon', 'This session is ending now'],
    [-5, 'verySoon', 'This session is ending now'],
  ])('warn %d s before the end', (left_s, phase, title) => {
    const left = timeLeft(playing(left_s));
    expect([left?.phase ?? null, left === null ? null : timeLeftTitle(left)]).toEqual([phase, title]);
    if (left !== null) expect(timeLeftText(left) === '').toBe(phase === 'clock');
  });

  it('are announced once for five minutes and once for one, not every second', () => {
    const said = new Set([299, 280, 200, 62].map((left_s) => announcement(playing(left_s))));
    expect([...said]).toEqual(['This session ends in less than five minutes.']);
    expect(new Set([59, 30, 1].map((left_s) => announcement(playing(left_s)))).size).toBe(1);
    expect(announcement(playing(1000))).toContain('Playing Demo');
  });

  it('ask whether anybody is there before anything else', () => {
    expect(noticeAnnouncement(playing(30, { idleEndsAt: 20_000 }))).toContain('Are you still there?');
    expect([idleCountdown(20_000, 0), idleCountdown(20_000, 19_001), idleCountdown(20_000, 20_000)]).toEqual([
      'Otherwise this session ends in 20 seconds, so that someone else can play.',
      'Otherwise this session ends in 1 second, so that someone else can play.',
      'This session is ending now.',
    ]);
  });

  it('tell of a picture that stands still, in words that do not change with the clock', () => {
    const said = new Set([1600, 5000, 60_000].map((stillFor_ms) => announcement(playing(1000, { stillFor_ms }))));
    expect([...said]).toEqual(['The video is frozen. Your session is still running.']);
    expect([stillText(1600), stillText(12_400)]).toEqual([
      expect.stringContaining('No new picture for 2 seconds.'),
      expect.stringContaining('for 12 seconds.'),
    ]);
  });

  it('say nothing of an end that is not known, or of a session that is over', () => {
    const model = playing(30);
    expect(timeLeft({ ...model, state: { ...model.state, session: assigned() } })).toBeNull();
    expect(timeLeft({ ...model, state: { ...model.state, name: 'ended' } })).toBeNull();
  });

  it('follow the server’s clock, not this computer’s', async () => {
    const ahead = new Date(Date.now() + 3600_000).toUTCString();
    const api = new Api(
      '',
      () => Promise.resolve('token'),
      () => Promise.resolve(new Response('{"sessions": []}', { headers: { date: ahead } })),
    );
    expect(api.skew_ms).toBe(0);
    await api.listSessions();
    expect(Math.abs(api.skew_ms - 3600_000)).toBeLessThan(2000);
  });
});
