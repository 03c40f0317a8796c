// Walks a browser through every view of the page on the harness and puts screenshots where it is told.
// node tests/harness/walk.mjs <folder outside the repository>
import assert from 'node:assert/strict';
import { openWalk, order, SIZES } from './walking.mjs';

const OUT = process.argv[2];
const walk = await openWalk(OUT);
await walk.streamer('i-0abc.1');

for (const size of Object.keys(SIZES)) {
  const { page, context, by, state, shot } = await walk.page(size);
  await order({ scenario: 'hot', forget: true, lossy: false });
  await page.goto(walk.origin);
  await by('sign-in').waitFor();
  await shot('01-signed-out');
  await by('sign-in').click();
  await page.click('#go');
  await state('ready');
  assert.equal(new URL(page.url()).search, '');
  await shot('02-ready');

  await order({ scenario: 'queued' });
  await by('play').click();
  await state('waiting');
  await shot('03-waiting');
  await order({ place: 1, reason: 'a server answers and starts the application' });
  await shot('04-waiting-next');
  await by('cancel').click();
  await state('ended');
  await shot('05-cancelled');

  await by('play-again').click();
  await state('waiting');
  await page.waitForTimeout(500);
  await order({ lossy: true });
  await order({ assign: true });
  await state('joining');
  await shot('06-joining');
  await state('playing');
  await page.waitForFunction(() => window.greenroom.frames > 20);
  const first = await page.evaluate(
    () => window.greenroom.firstFrameAt - window.greenroom.events.findLast((event) => event.name === 'joining').at,
  );
  console.log(size, 'slot to first frame over a lossy relay', Math.round(first), 'ms');
  await order({ lossy: false });
  await page.keyboard.press('w');
  const box = await by('video-wrapper').boundingBox();
  await page.mouse.move(box.x + box.width * 0.7, box.y + box.height * 0.6, { steps: 4 });
  await shot('07-playing');
  await order({ drop: true });
  await page.waitForFunction(() => window.greenroom.events.at(-1).name === 'socketDropped');
  const dropped = await page.evaluate(() => window.greenroom.frames);
  await page.waitForFunction(() => window.greenroom.events.at(-1).name === 'socketWelcomed');
  await page.waitForTimeout(500);
  assert.equal(await page.evaluate(() => window.greenroom.state), 'playing');
  assert((await page.evaluate(() => window.greenroom.frames)) > dropped, 'the picture stopped with the socket');
  assert.equal(await page.evaluate(() => window.greenroom.events.filter((event) => event.name === 'joined').length), 1);

  await page.keyboard.press('Shift+Tab');
  assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), 'leave');
  await page.keyboard.press('Escape');
  await by('unmute').click();
  assert.equal(await by('unmute').textContent(), 'Mute');

  await page.reload();
  await state('playing');
  console.log(size, 'reload rejoined');
  const second = await context.newPage();
  await second.goto(walk.origin);
  // sessionStorage is per tab: the second tab signs in for itself, finds the running session, and takes it over.
  await second.locator('[data-testid="sign-in"]').click();
  await second.click('#go');
  await second.locator('[data-testid="running"]').waitFor();
  await second.waitForTimeout(500);
  await second.screenshot({ path: `${OUT}/${size}-08-running-elsewhere.png` });
  await second.locator('[data-testid="play"]').click();
  await second.locator('[data-testid="error"]').waitFor();
  await second.waitForTimeout(500);
  await second.screenshot({ path: `${OUT}/${size}-09-viewer-limit.png` });
  await second.locator('[data-testid="continue-here"]').click();
  await second.waitForFunction(() => window.greenroom.state === 'playing' && window.greenroom.frames > 5);
  await state('superseded');
  await page.bringToFront(); // a hidden tab's animations stand still
  await shot('10-superseded');
  await second.close();
  await by('continue-here').click();
  await state('playing');
  await page.waitForFunction(() => window.greenroom.frames > 5);
  await page.evaluate(() => document.querySelector('[data-testid="video"]').srcObject.getTracks().length);
  await order({ end: 'spotInterrupted' });
  await state('ended');
  await shot('11-ended-spot');
  await by('home').click();
  await state('ready');

  await order({ scenario: 'broken' });
  await by('play').click();
  await state('requesting');
  await shot('12-requesting');
  await state('failed');
  await shot('13-failed');
  await order({ scenario: 'hot' });
  await by('try-again').click();
  await state('playing');
  const click = await page.evaluate(() => window.greenroom.firstFrameAt - window.greenroom.clickedAt);
  console.log(size, 'click to first frame', Math.round(click), 'ms');
  await by('leave').click();
  await state('ended');
  await shot('14-left');
  const house = await order({});
  assert.equal(house.sessions.at(-1).statusReason, 'userLeft');
  await by('sign-out').click();
  await by('sign-in').waitFor();
  await context.close();
}
await walk.close();
console.log('walked');
