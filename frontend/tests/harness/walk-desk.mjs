// Walks the desk on the harness, at both sizes: calm, an interruption, a scale-out, the questions, and a failing API.
// node tests/harness/walk-desk.mjs <folder outside the repository>
import assert from 'node:assert/strict';
import { openWalk, order, SIZES } from './walking.mjs';

const walk = await openWalk(process.argv[2]);
const whole = { fullPage: true };
for (const size of Object.keys(SIZES)) {
  const { page, by, shot, state, close } = await walk.page(size);
  await order({ forget: true, operator: false, fleet: { moment: 'calm', halt: null } });
  await page.goto(`${walk.origin}/desk`);
  await shot('29-desk-signed-out');
  await by('sign-in').click();
  await page.click('#go');
  await by('closed-text').filter({ hasText: 'is not allowed to use the desk' }).waitFor();
  await shot('30-desk-not-operator');
  await by('leave-desk').click();
  await state('ready');
  assert.equal(await by('show-desk').isVisible(), false);
  await by('sign-out').click();

  await order({ operator: true });
  await by('sign-in').click();
  await page.click('#go');
  await state('ready');
  await shot('31-viewer-of-an-operator');
  await by('show-desk').click();
  await by('instance').first().waitFor();
  assert.equal(new URL(page.url()).pathname, '/desk');
  await shot('31-desk-calm', whole);
  await order({ fleet: { moment: 'interruption' } });
  await page.locator('[data-testid="instance"][data-state="Interrupted"]').first().waitFor();
  await page.waitForTimeout(600);
  await shot('32-desk-interruption', whole);
  await order({ fleet: { moment: 'scaleOut' } });
  await page.waitForFunction(() => document.querySelectorAll('[data-testid="instance"]').length === 12);
  await page.waitForTimeout(2500);
  await shot('33-desk-scale-out', whole);

  await order({ fleet: { moment: 'calm', stubborn: true } });
  await page.waitForTimeout(3000);
  await by('drain').first().click();
  await by('confirm').click();
  await by('question-problem').filter({ hasText: 'on its way out' }).waitFor();
  await shot('34-desk-drain-refused');
  await by('cancel-question').click();
  await by('drain').nth(1).click();
  await by('confirm').click();
  await page.locator('[data-testid="undrain"]:visible').click();
  await by('confirm').click();
  await page.waitForFunction(() => document.querySelectorAll('[data-testid="instance"][data-state="Ready"]').length === 3);
  await by('halt').first().click();
  await by('confirm').click();
  await by('question-problem').filter({ hasText: 'reason' }).waitFor();
  await by('reason').fill('capacity test in this region until noon');
  await shot('35-desk-halt');
  await by('confirm').click();
  await by('halted').filter({ hasText: 'until noon' }).waitFor();
  await by('resume').first().click();
  await by('confirm').click();
  await by('halted').filter({ hasText: 'until noon' }).waitFor({ state: 'hidden' });

  await page.route('**/api/pools', (route) => route.fulfill({ status: 500, body: '{}' }));
  await by('desk-problem').waitFor({ timeout: 15000 });
  await shot('36-desk-failing');
  await page.unroute('**/api/pools');
  await by('desk-problem').waitFor({ state: 'hidden' });

  // Nothing is asked while nobody looks.
  await by('leave-desk').click();
  await page.waitForTimeout(500);
  const before = (await order({})).calls.filter((call) => call.includes('/pools')).length;
  await page.waitForTimeout(3000);
  assert.equal((await order({})).calls.filter((call) => call.includes('/pools')).length, before);
  await close();
}
await walk.close();
console.log('walked');
