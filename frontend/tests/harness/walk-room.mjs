// The waiting room and refusals in Chromium: place, time, reason, reload, cancel, the picture by itself, and every refusal.
// node tests/harness/walk-room.mjs <folder outside the repository>
import assert from 'node:assert/strict';
import { openWalk, order } from './walking.mjs';

const walk = await openWalk(process.argv[2]);
await walk.streamer('i-0abc.1');
const ZONE = { locale: 'en-GB', timezoneId: 'Europe/Berlin' };

for (const size of ['desktop', 'phone', 'narrow']) {
  const { page, by, state, shot: shoot, ask, until, close } = await walk.page(size, ZONE);
  const shot = (name) => shoot(name, { fullPage: true });
  const heard = () => ask(() => document.getElementById('announcer').textContent);
  const waitTime = () => by('wait-time').textContent();
  await order({ scenario: 'queued', forget: true, lossy: false });
  await page.goto(walk.origin);
  await by('sign-in').click();
  await page.click('#go');
  await state('ready');
  await by('play').click();
  await state('waiting');
  await page.waitForTimeout(400);
  assert.match(await waitTime(), /estimating/);
  await shot('30-waiting-without-eta');

  await order({ eta: { place: 14, p50_s: 700, p90_s: 1300, reason: '13 people are ahead of you; the next server is free in about 0:50' } });
  await until(() => document.title.startsWith('14th'));
  await shot('31-waiting-long');
  await order({
    eta: {
      place: 4,
      p50_s: 115,
      p90_s: 225,
      reason: '3 people are ahead of you; 2 servers are starting, the first is ready in about 1:40',
    },
  });
  await until(() => document.querySelector('h1').textContent === 'You are 4th in line');
  assert.equal(await waitTime(), 'about 2 to 4 minutes');
  assert.match(await heard(), /^You are 4th in line\. Time until your turn: about 2 to 4 minutes\. 3 people are ahead of you\. 2 servers/);
  await shot('32-waiting-with-eta');
  await page.reload();
  await state('waiting');
  assert.equal(await by('waiting-title').textContent(), 'You are 4th in line');
  assert.match(await waitTime(), /^about/);
  await page.waitForTimeout(400);

  // Runs down by itself, and is read aloud once.
  await order({ eta: { place: 2, p50_s: 44, p90_s: 76, reason: '1 person is ahead of you; 1 server is starting, ready in about 0:30' } });
  await until(() => document.title.startsWith('2nd'));
  const changes = ask(
    () =>
      new Promise((done) => {
        let count = 0;
        new MutationObserver(() => (count += 1)).observe(document.getElementById('announcer'), {
          childList: true,
          characterData: true,
          subtree: true,
        });
        setTimeout(() => done(count), 9000);
      }),
  );
  const before = await waitTime();
  assert((await changes) <= 1, 'the announcer speaks with the seconds');
  assert.notEqual(await waitTime(), before, 'the time stands still');
  await shot('33-waiting-soon');
  await order({ eta: { place: 1, p50_s: -20, p90_s: -2, reason: 'next; a place should be free at any moment' } });
  await until(() => document.title.startsWith('Next'));
  assert.equal(await waitTime(), 'any moment now');
  await page.waitForTimeout(600);
  await shot('34-waiting-overdue');
  // Over a quick relay the picture may be there before anybody looks; over a lossy one there is mostly time.
  await order({ lossy: true });
  await order({ assign: true });
  await until(() => window.greenroom.events.some((event) => event.name === 'joining'));
  await page.screenshot({ path: `${process.argv[2]}/${size}-35-ready.png` });
  await order({ lossy: false });
  await state('playing');
  await by('leave').click();
  await state('ended');

  await by('play-again').click();
  await state('waiting');
  await by('cancel').click();
  await state('ended');
  await page.waitForTimeout(500);
  assert.equal((await order({})).sessions.at(-1).statusReason, 'cancelled');

  // A page that was away too long is told what became of its place.
  await by('play-again').click();
  await state('waiting');
  await page.waitForTimeout(400);
  await order({ end: 'cancelled' });
  await state('ended');
  assert.match(await by('ended-reason').textContent(), /keep your place in line for 5 minutes/);
  await shot('36-place-given-up');

  let button = 'play-again';
  const refused = async (orders, name) => {
    await order(orders);
    await by(button).click();
    await by('turned-away').waitFor();
    await shot(name);
    const text = await by('turned-away').innerText();
    await by('home').click();
    await state('ready');
    button = 'play';
    return text;
  };
  assert.match(await refused({ scenario: 'closed' }, '41-closed'), /Closed for now/);
  assert.match(await refused({ scenario: 'not-open', opensIn_s: 7500 }, '42-not-open'), /Europe\/Berlin/);
  assert.match(await refused({ scenario: 'not-open', opensIn_s: 300_000 }, '43-not-open-days'), /3 days/);
  assert.match(await refused({ scenario: 'quota' }, '44-quota'), /40 sessions today/);
  assert.match(await refused({ scenario: 'quota', quota: 'concurrentSessions' }, '45-quota-running'), /40 sessions running/);
  assert.match(await refused({ scenario: 'killed' }, '46-kill-switch'), /fault in the demo/);

  await order({ scenario: 'full', retryAfter_s: 4 });
  await by('play').click();
  await by('turned-away').waitFor();
  assert(await by('try-again').isDisabled());
  await shot('40-full');
  await until(() => !document.querySelector('[data-testid="try-again"]').disabled);
  assert.equal(await heard(), 'You can try again now.');
  await shot('47-full-try-again');
  await order({ scenario: 'hot' });
  await by('try-again').click();
  await state('playing');
  await by('leave').click();
  await state('ended');
  await close();
  console.log(size, 'walked');
}

// Without movement the same room stands still.
const still = await walk.page('desktop', { ...ZONE, reducedMotion: 'reduce' });
await order({ scenario: 'queued', forget: true });
await still.page.goto(walk.origin);
await still.by('sign-in').click();
await still.page.click('#go');
await still.by('play').click();
await still.state('waiting');
assert.equal(await still.ask(() => document.getAnimations().filter((each) => each.playState === 'running').length), 0);
await still.by('cancel').click();
await still.state('ended');
await still.close();
await walk.close();
console.log('walked');
