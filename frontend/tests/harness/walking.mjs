// What the walks have in common: a browser, pages of both sizes, orders to the harness, screenshots that must not scroll sideways.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const ORIGIN = process.env.ORIGIN ?? 'http://127.0.0.1:4810';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
];
export const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };

/** The narrowest phone that is still in use; only the walks that ask for it. */
const VIEWPORTS = { ...SIZES, narrow: { width: 360, height: 740 } };

export const order = (body) => fetch(`${ORIGIN}/harness`, { method: 'POST', body: JSON.stringify(body) }).then((answer) => answer.json());

/** `folder` is where screenshots go: outside the repository. */
export async function openWalk(folder) {
  if (!folder) throw new Error('name a folder for the screenshots');
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: FLAGS });
  return {
    origin: ORIGIN,
    streamer: async (slotId) => {
      const page = await browser.newPage();
      await page.goto(`${ORIGIN}/streamer?slot=${slotId}`);
      return page;
    },
    page: (size, options) => openPage(browser, size, folder, options),
    close: () => browser.close(),
  };
}

async function openPage(browser, size, folder, options = {}) {
  const context = await browser.newContext({
    viewport: VIEWPORTS[size],
    deviceScaleFactor: 1,
    isMobile: size !== 'desktop',
    hasTouch: size !== 'desktop',
    ...options,
  });
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && console.log(size, 'console', message.text().slice(0, 200)));
  page.on('pageerror', (error) => console.log(size, 'pageerror', error.message));
  return {
    page,
    context,
    by: (id) => page.locator(`[data-testid="${id}"]`),
    state: (name) => page.waitForFunction((wanted) => window.greenroom?.state === wanted, name, { timeout: 15000 }),
    until: (condition) => page.waitForFunction(condition, undefined, { timeout: 15000 }),
    ask: (question) => page.evaluate(question),
    shot: async (name, options = {}) => {
      await page.waitForTimeout(600);
      await page.screenshot({ path: `${folder}/${size}-${name}.png`, ...options });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert(!wide, `${size} ${name} scrolls sideways`);
    },
    close: () => context.close(),
  };
}
