import { describe, expect, it } from 'vitest';
import { countdown, ordinal, spokenWait, waitText } from '../../src/shell/words/waitText';

describe('a wait', () => {
  it.each([
    [110, 230, 'about 2 to 4 minutes'],
    [100, 100, 'about 1½ to 2 minutes'],
    [40, 70, 'about 45 seconds to 1½ minutes'],
    [30, 55, 'about 30 seconds to 1 minute'],
    [60, 61, 'about 1 to 1½ minutes'],
    [12, 18, 'about 10 to 20 seconds'],
    [700, 1300, 'about 12 to 25 minutes'],
    [180, 180, 'about 3 minutes'],
    [3000, 5000, 'about 50 minutes to 1½ hours'],
    [3600, 7000, 'about 1 to 2 hours'],
    [5, 100, 'any moment now, at most about 2 minutes'],
    [-30, 4, 'any moment now, at most about 10 seconds'],
    [-90, 0, 'any moment now'],
    [-90, -10, 'any moment now'],
  ])('of %d to %d seconds is “%s”', (soon, late, words) => expect(waitText(soon, late)).toBe(words));

  it('only ever shrinks while it runs down, and is never blank or negative', () => {
    let last = Infinity;
    for (let passed = 0; passed < 900; passed++) {
      const words = waitText(400 - passed, 800 - passed);
      expect(words).toMatch(/^(about|any moment) /);
      expect(words).not.toMatch(/-|NaN|undefined|\b0 |\d:\d|\.\d/);
      const [number = '0', unit = ''] = (/([\d½]+) (second|minute)s?$/.exec(words) ?? []).slice(1);
      const late = Number(number.replace('½', '.5')) * (unit === 'minute' ? 60 : 1);
      expect(late).toBeLessThanOrEqual(last);
      expect(late === 0 || late >= 800 - passed).toBe(true);
      last = late;
    }
  });

  it('is said in whole minutes', () => {
    expect(
      [
        [110, 230],
        [25, 50],
        [20, 100],
        [200, 300],
        [-3, -1],
      ].map(([soon, late]) => spokenWait(soon!, late!)),
    ).toEqual(['about 2 to 4 minutes', 'less than a minute', 'less than 2 minutes', 'about 3 to 5 minutes', 'any moment now']);
    const heard = new Set(Array.from({ length: 230 }, (_, passed) => spokenWait(110 - passed, 230 - passed)));
    expect(heard.size).toBeLessThanOrEqual(6);
  });
});

describe('other numbers', () => {
  it('count down to an hour', () => {
    expect([-5, 1, 41_001, 725_000, 7_500_000, 300_000_000].map(countdown)).toEqual([
      '0:00',
      '0:01',
      '0:42',
      '12:05',
      '2 h 5 min',
      '3 days 11 h',
    ]);
  });
  it('say a place', () => {
    expect([1, 2, 3, 4, 11, 12, 13, 21, 22, 103, 111].map(ordinal)).toEqual([
      '1st',
      '2nd',
      '3rd',
      '4th',
      '11th',
      '12th',
      '13th',
      '21st',
      '22nd',
      '103rd',
      '111th',
    ]);
  });
});
