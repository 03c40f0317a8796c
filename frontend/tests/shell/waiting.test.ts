import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { problemOf } from '#player/api/problems';
import { advance, initialState, type PageEvent } from '#player/session/pageState';
import type { EtaView, SessionView } from '#player/api/sessionView';
import { LineSpeaker } from '../../src/shell/views/lineSpeaker';
import type { PageModel } from '../../src/shell/words/model';
import { againText, refusalAnnouncement, hourText, mayAskAgain, turnedAway } from '../../src/shell/words/turnedAwayWords';
import {
  lineShown,
  MEASURING,
  progressOf,
  timeNote,
  timeText,
  waitingReason,
  waitingTabTitle,
  waitingTitle,
  WHAT_COMES_NEXT,
} from '../../src/shell/words/waitingWords';
import { announcement, closingWords } from '../../src/shell/words/words';
import { assigned, ended, queued, SESSION_ID } from '../sessions';

const AT = Date.parse('2026-01-31T12:00:00.000Z');
const eta = (p50_s: number, p90_s: number, reason = '3 ahead; first ready in about 1:40', made_s = 0): EtaView => ({
  p50: new Date(AT + p50_s * 1000).toISOString(),
  p90: new Date(AT + p90_s * 1000).toISOString(),
  reason,
  at: new Date(AT + made_s * 1000).toISOString(),
});

function model(events: PageEvent[], now = AT): PageModel {
  const all: PageEvent[] = [{ type: 'signedIn' }, { type: 'playPressed' }, ...events];
  const state = all.reduce((former, event) => advance(former, event, AT), initialState(AT));
  return {
    state,
    now,
    serverNow: now,
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
  };
}
const granted = (session: SessionView): PageEvent => ({ type: 'granted', session });
const waiting = (fields: Partial<SessionView> = {}, now_s = 0): PageModel =>
  model([granted(queued({ place: 4, eta: eta(115, 225), ...fields }))], AT + now_s * 1000);
const time = (subject: PageModel): string => timeText(lineShown(subject.state)!, subject.now);
const note = (subject: PageModel): string => timeNote(lineShown(subject.state)!, subject.now);

describe('the waiting room', () => {
  it('says place, time and the server’s reason', () => {
    const subject = waiting();
    expect([waitingTitle(subject.state), time(subject), waitingReason(subject)]).toEqual([
      'You are 4th in line',
      'about 2 to 4 minutes',
      '3 ahead. First ready in about 1:40.',
    ]);
    expect(waitingTitle(waiting({ place: 1 }).state)).toBe('You are next');
  });

  it('does not say twice that one is next', () => {
    const reason = (text: string): string => waitingReason(waiting({ place: 1, eta: eta(20, 40, text) }));
    expect(reason('you are next; the next server is free in about 0:26; no more servers can be added')).toBe(
      'The next server is free in about 0:26. No more servers can be added.',
    );
    expect(reason('you are next')).toBe('You are next.');
  });

  it('without a forecast says why, and that it is being measured', () => {
    const subject = waiting({ eta: null, place: null });
    expect([waitingTitle(subject.state), time(subject), waitingReason(subject)]).toEqual([
      'You are in line',
      MEASURING,
      'All places are taken.',
    ]);
  });

  it('runs down between two forecasts, and says when it was wrong', () => {
    expect([60, 112, 224, 226, 400].map((second) => time(waiting({}, second)))).toEqual([
      'about 1 to 3 minutes',
      'any moment now, at most about 2 minutes',
      'any moment now, at most about 10 seconds',
      'any moment now',
      'any moment now',
    ]);
    const late = waiting({ eta: eta(-20, -1) }, 5);
    expect(note(late)).toContain('longer than we estimated');
    expect(note(waiting())).toBe('');
    expect(note(waiting({}, 45))).toContain('not heard from the service for 45 seconds');
  });

  it('opens the curtain as the time runs, and never wholly before the slot', () => {
    const open = (second: number): number => progressOf(lineShown(waiting({}, second).state)!, AT + second * 1000);
    expect([0, 57.5, 115, 999].map(open)).toEqual([0, 0.5, 0.92, 0.92]);
    expect(progressOf(lineShown(waiting({ eta: null }).state)!, AT + 9000)).toBe(0);
  });

  it('names the place in the tab’s title', () => {
    expect(
      [waiting(), waiting({ place: 1 }), waiting({ place: null }), model([granted(assigned())]), model([])].map(waitingTabTitle),
    ).toEqual(['4th in line · Demo', 'Next in line · Demo', 'In line · Demo', 'It is your turn · Demo', null]);
  });

  it('says how long the place of a closed page is kept, and what became of one that was given up', () => {
    expect(WHAT_COMES_NEXT.flat().join(' ')).toContain('5 minutes');
    const given = closingWords(model([granted(queued()), { type: 'sessionUpdated', session: ended('cancelled') }]).state);
    expect(given.title).toBe('You are no longer in line');
    expect(closingWords(model([granted(queued()), { type: 'left' }]).state).title).toBe('Request cancelled');
  });
});

describe('read aloud', () => {
  const said = (...models: PageModel[]): (string | null)[] => {
    const speaker = new LineSpeaker();
    return models.map((each) => speaker.say(each)).filter((words, index, all) => words !== all[index - 1]);
  };

  it('speaks at once of place, time and reason, then not with the seconds', () => {
    expect(said(...Array.from({ length: 25 }, (_, second) => waiting({}, second)))).toEqual([
      'You are 4th in line. Time until your turn: about 2 to 4 minutes. 3 ahead. First ready in about 1:40.',
    ]);
  });

  it('speaks of another minute, without saying everything again', () => {
    const heard = said(...Array.from({ length: 240 }, (_, second) => waiting({}, second)));
    expect(heard.length).toBeGreaterThan(2);
    expect(heard.length).toBeLessThanOrEqual(6);
    expect(heard.slice(1).every((words) => words?.startsWith('Time until your turn'))).toBe(true);
    expect(heard.at(-1)).toBe('Time until your turn: any moment now.');
  });

  it('keeps still when the forecast trembles, and speaks when the place changes', () => {
    const trembling = Array.from({ length: 20 }, (_, second) =>
      waiting({ eta: eta(second % 2 === 0 ? 80 : 100, 180, `reason ${second}`) }, second),
    );
    expect(said(...trembling)).toHaveLength(1);
    expect(said(waiting(), waiting({ place: 3 }, 1)).at(-1)).toMatch(/^You are 3rd in line/);
    expect(new LineSpeaker().say(model([granted(assigned())]))).toBeNull();
  });
});

describe('a refusal', () => {
  const type = (name: string): string => `https://greenroom.dev/problems/${name}`;
  const refusal = (status: number, name: string, facts: object = {}, retryAfter: string | null = null) => {
    const subject = model([{ type: 'refused', problem: problemOf(status, { type: type(name), ...facts }, retryAfter) }]);
    return { subject, refusal: turnedAway(subject)! };
  };

  it('tells when a full line may be tried again, and lets nobody press before', () => {
    const { refusal: full } = refusal(503, 'line-full', { retryAfter_s: 42 });
    expect([
      full.title,
      againText(full, AT),
      againText(full, AT + 41_500),
      mayAskAgain(full, AT + 41_999),
      mayAskAgain(full, AT + 42_000),
    ]).toEqual(['The line is full', '0:42', '0:01', false, true]);
    expect(refusalAnnouncement(full, AT)).toMatch(/You can try again today at /);
    expect(refusalAnnouncement(full, AT + 1000)).toBe(refusalAnnouncement(full, AT + 9000));
    expect(refusalAnnouncement(full, AT + 42_000)).toBe('You can try again now.');
  });

  it('finds the time in the header when the body has none, and needs none', () => {
    expect(againText(refusal(503, 'line-full', {}, '60').refusal, AT)).toBe('1:00');
    const unknown = refusal(503, 'line-full').refusal;
    expect([unknown.againAt, mayAskAgain(unknown, AT), againText(unknown, AT)]).toEqual([null, true, '']);
  });

  it('tells when it opens, in the viewer’s own time', () => {
    const { refusal: early, subject } = refusal(403, 'not-open', { opensAt: '2026-01-31T13:30:00.000Z' });
    expect([early.title, early.label, againText(early, AT)]).toEqual(['Not open yet', 'You can join the line in', '1 h 30 min']);
    expect(hourText(early.againAt!, AT, 'Europe/Berlin', 'en-GB')).toBe('today at 14:30 (Europe/Berlin)');
    expect(hourText(early.againAt!, AT, 'Pacific/Auckland', 'en-GB')).toBe('today at 02:30 (Pacific/Auckland)');
    expect(hourText(AT + 86_400_000, AT, 'America/New_York', 'en-GB')).toBe('tomorrow at 07:00 (America/New York)');
    expect(hourText(AT + 5 * 86_400_000, AT, 'UTC', 'en-GB')).toMatch(/^on Thursday 5 February at 12:00 \(UTC\)$/);
    expect(announcement(subject)).toContain('Not open yet');
    const someday = refusal(403, 'not-open', { opensAt: null }).refusal;
    expect([someday.againAt, someday.text]).toEqual([null, expect.stringContaining('none is scheduled yet')]);
    const behind = { ...subject, serverNow: AT + 600_000 };
    expect(againText(turnedAway(behind)!, behind.now)).toBe('1 h 20 min');
  });

  it('tells of an application that is closed, and of a stop in the operator’s words', () => {
    expect(refusal(403, 'closed').refusal).toMatchObject({
      title: 'Closed for now',
      text: expect.stringContaining('has not said when it will open again') as string,
      againAt: null,
    });
    expect(refusal(503, 'kill-switch', { detail: 'we mend a fault' }).refusal.text).toContain('“We mend a fault.”');
    expect(refusal(503, 'kill-switch', { detail: 'x', reason: 'the hall burns' }).refusal.text).toContain('“The hall burns.”');
  });

  it.each([
    [{ scope: 'tenant', quota: 'concurrentSessions', limit: 10 }, /^Your organisation has 10 sessions running/, 'You can try again in'],
    [{ scope: 'account', quota: 'sessionsPerDay', limit: 1 }, /^This service has started 1 session today/, 'You can play again in'],
    [
      { scope: 'viewer-day', quota: 'gpuMinutesPerDay', limit: 60 },
      /^You have used all of today’s playing time \(60 minutes\)/,
      'You can play again in',
    ],
    [{}, /^Someone has reached a usage limit/, 'You can try again in'],
  ])('tells which limit %j is reached and when it ends', (facts, words, label) => {
    const { refusal: limited } = refusal(429, 'quota-exceeded', { ...facts, tryAgainAt: '2026-02-01T00:00:00.000Z' });
    expect([limited.label, againText(limited, AT)]).toEqual([label, '12 h 0 min']);
    expect(limited.text).toMatch(words);
  });

  it('names used-up minutes as that, and calls no limit of nothing a matter of waiting', () => {
    const refused = (facts: object) => refusal(429, 'quota-exceeded', { ...facts, tryAgainAt: '2026-02-01T00:00:00.000Z' }).refusal;
    expect(refused({ scope: 'viewer-day', quota: 'gpuMinutesPerDay', limit: 1 })).toMatchObject({
      title: 'Today’s playing time is used up',
      text: 'You have used all of today’s playing time (1 minute).',
      againAt: Date.parse('2026-02-01T00:00:00.000Z'),
    });
    expect(refused({ scope: 'tenant', quota: 'sessionsPerDay', limit: 3 }).title).toBe('No more sessions today');
    for (const quota of ['concurrentSessions', 'sessionsPerDay', 'gpuMinutesPerDay']) {
      expect(refused({ scope: 'tenant', quota, limit: 0 })).toMatchObject({
        text: expect.stringMatching(/^The session limit for your organisation is set to 0/) as string,
        againAt: null,
      });
    }
  });

  it('has a true sentence of its own for everything the API refuses', () => {
    const source = readFileSync(new URL('../../../layers/core/greenroom/entry/problem.py', import.meta.url), 'utf8');
    const kinds = new Map([...source.matchAll(/Kind\("([a-z-]+)", (\d+)/g)].map(([, name, status]) => [name!, Number(status)]));
    // Told to operators and instances only.
    for (const name of ['event-ended', 'instance-ended', 'stale-epoch', 'stale-boot']) expect(kinds.delete(name)).toBe(true);
    const told = [...kinds].map(([name, status]) => problemOf(status, { type: type(name) }));
    expect(told.length).toBeGreaterThan(10);
    expect(told.filter(({ kind }) => ['signInAgain', 'serverError'].includes(kind))).toEqual([]);
    expect(new Set(told.map(({ message }) => message)).size).toBe(told.length);
  });

  it('leaves other failures alone', () => {
    for (const [status, name] of [
      [409, 'viewer-limit'],
      [500, 'internal'],
      [403, 'forbidden'],
    ] as const) {
      expect(turnedAway(model([{ type: 'refused', problem: problemOf(status, { type: type(name), sessionId: SESSION_ID }) }]))).toBeNull();
    }
    expect(problemOf(503, { type: type('line-full') }).passing).toBe(false);
  });
});
