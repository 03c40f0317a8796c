// Plays, does nothing, is asked, answers; loses only its socket; nears the longest session; ends as idle. Chromium on the harness.
// node tests/harness/walk-idle.mjs <folder outside the repository>
import assert from 'node:assert/strict';
import { openWalk, order, SIZES } from './walking.mjs';

const walk = await openWalk(process.argv[2]);
const streamer = await walk.streamer('i-0abc.1');
for (const size of Object.keys(SIZES)) {
  const { page, by, state, shot, until, ask, close } = await walk.page(size);
  await order({ scenario: 'hot', forget: true, lossy: false });
  await page.goto(walk.origin);
  await by('sign-in').click();
  await page.click('#go');
  await state('ready');
  await by('play').click();
  await state('playing');
  await until(() => window.greenroom.frames > 20);
  const told = (await order({})).activity.length;
  const activity = async () => (await order({})).activity.slice(told);

  await order({ idle: 30 });
  await until(() => window.greenroom.idleEndsAt !== null);
  await shot('30-idle');
  assert(await by('idle').isVisible());
  await page.mouse.move(200, 300);
  await until(() => window.greenroom.idleEndsAt === null);
  assert.equal(await by('idle').isVisible(), false);
  assert.deepEqual(await activity(), [0], 'the agent heard of the moved mouse at once');
  await order({ idle: 30 });
  await until(() => window.greenroom.idleEndsAt !== null);
  await by('idle-stay').focus();
  await page.keyboard.press('Enter');
  await until(() => window.greenroom.idleEndsAt === null);
  assert.equal((await activity()).length, 2);
  await page.keyboard.press('w');
  await order({ idle: 30 });
  await page.waitForTimeout(500);
  assert.deepEqual([await by('idle').isVisible(), (await activity()).length], [false, 3], 'who is there is not asked');
  await order({ idle: 30 });
  await until(() => window.greenroom.idleEndsAt !== null);
  await order({ idle: null });
  await until(() => window.greenroom.idleEndsAt === null);

  // Only the socket drops, three times: the picture never stops, and the join stays the same.
  const joins = () => ask(() => window.greenroom.events.filter(({ name }) => name === 'joined').length);
  const before = await joins();
  for (let drop = 0; drop < 3; drop += 1) {
    await order({ drop: true });
    for (let look = 0; look < 4; look += 1) {
      const frames = await ask(() => window.greenroom.frames);
      await page.waitForTimeout(400);
      assert((await ask(() => window.greenroom.frames)) > frames + 3, 'the picture stopped with the socket');
    }
  }
  assert.equal(await joins(), before);

  await order({ endsIn_s: 295 });
  await page.waitForTimeout(1200);
  await shot('31-five-minutes-left');
  assert.match(await by('time-left-clock').innerText(), /^This session ends in 4:5\d$/);
  await order({ endsIn_s: 45 });
  await page.waitForTimeout(1200);
  await shot('32-one-minute-left');
  assert.match(await page.locator('#announcer').innerText(), /less than a minute/);
  await order({ idle: 5 });
  await page.waitForTimeout(5200);
  await order({ end: 'idleTimeout' });
  await state('ended');
  await shot('33-ended-idle');
  await close();
}
await streamer.close();
await walk.close();
console.log('walked');
