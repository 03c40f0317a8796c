// Moves a viewer in Chromium on the harness: told, second picture behind the first, swap; the same with the first instance killed.
// node tests/harness/walk-moving.mjs <folder outside the repository>
import assert from 'node:assert/strict';
import { openWalk, order, SIZES } from './walking.mjs';

const walk = await openWalk(process.argv[2]);
for (const size of Object.keys(SIZES)) {
  const streamers = { A: await walk.streamer('i-0abc.1'), B: await walk.streamer('i-0def.1') };
  const { page, by, state, shot, until, ask, close } = await walk.page(size);
  await order({ scenario: 'hot', forget: true, lossy: false });
  await page.goto(walk.origin);
  await by('sign-in').click();
  await page.click('#go');
  await state('ready');
  await by('play').click();
  await state('playing');
  await until(() => window.greenroom.frames > 20);
  const sessionId = await ask(() => window.greenroom.sessionId);

  await order({ migrate: { place: 2 } });
  await until(() => window.greenroom.movingTold !== null);
  await shot('20-moving-in-line');
  const told = await ask(() => window.greenroom.frames);
  await page.waitForTimeout(1000);
  assert((await ask(() => window.greenroom.frames)) > told + 10, 'the old picture stopped while moving');

  // Looked at every frame of the page: is anything shown at each of them?
  await page.evaluate(() => {
    window.gaps = 0;
    const look = () => {
      const shown = document.querySelectorAll('.picture.shown video');
      if (shown.length !== 1 || shown[0].readyState < 2 || shown[0].videoWidth === 0) window.gaps += 1;
      requestAnimationFrame(look);
    };
    look();
  });
  const handed = Date.now();
  await order({ handOver: 'i-0def.1' });
  await until(() => window.greenroom.resumedAt !== null);
  const resumed = await ask(() => ({
    at: window.greenroom.resumedAt,
    shown: window.greenroom.shownSlot,
    id: window.greenroom.sessionId,
    gaps: window.gaps,
  }));
  console.log(
    size,
    'hand-over to first frame on the other instance',
    Math.round(resumed.at - handed),
    'ms; page frames without a picture',
    resumed.gaps,
  );
  assert.deepEqual([resumed.shown, resumed.id, resumed.gaps], ['i-0def.1#4', sessionId, 0]);
  await shot('21-moved-note');
  const swapped = await ask(() => window.greenroom.frames);
  await page.keyboard.press('w');
  await page.waitForTimeout(700);
  assert((await ask(() => window.greenroom.frames)) > swapped + 10, 'the new picture stands still');
  assert.deepEqual(
    [await streamers.A.evaluate(() => window.keys), await streamers.B.evaluate(() => window.keys)],
    [0, 1],
    'keys went astray',
  );
  await page.waitForTimeout(8000);
  assert.equal(await by('moved').isVisible(), false);

  // The instance is gone before anyone tells; the page keeps its last frame and says what happens.
  await streamers.B.close();
  await page.waitForTimeout(3500);
  await order({ migrate: { pictureUntil_s: null, reason: 'instanceUnhealthy', place: 1 } });
  await state('reconnecting');
  await shot('22-moving-without-picture');
  assert(await by('moving').isVisible());
  await order({ handOver: 'i-0abc.1' });
  await state('playing');
  assert.equal(await ask(() => window.greenroom.sessionId), sessionId);
  await order({ migrate: {} });
  await until(() => window.greenroom.moving);
  await by('leave').click();
  await state('ended');
  await shot('23-left-while-moving');
  await streamers.A.close();
  await close();
}
await walk.close();
console.log('walked');
