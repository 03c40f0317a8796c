/** How every page begins: its settings, then who is signed in; what fails is said in words. */
import '../elements/elements.css';
import { Api } from '#player/api/api';
import { loadConfig, type PageConfig } from './config';
import type { Page } from './pages';
import { SignIn, type SignedIn } from './signIn';
import { showStartFailure } from './startFailure';

export interface StartedPage {
  root: HTMLElement;
  announcer: HTMLElement;
  config: PageConfig;
  signIn: SignIn;
  /** null while nobody is signed in. */
  user: SignedIn | null;
  api: Api;
  /** Shows what went wrong in place of the page. */
  fail(error: unknown): void;
}

export function startPage(page: Page, open: (started: StartedPage) => Promise<void> | void): void {
  const root = document.getElementById('root')!;
  const announcer = document.getElementById('announcer')!;
  const fail = (error: unknown): void => showStartFailure(root, announcer, page, error);
  const start = async (): Promise<void> => {
    const config = await loadConfig();
    const signIn = new SignIn(config, page);
    const user = await signIn.begin();
    const api = new Api(config.apiBase, (fresh) => signIn.accessToken(fresh));
    await open({ root, announcer, config, signIn, user, api, fail });
  };
  start().catch(fail);
}

/** Milliseconds since the epoch on the monotonic clock, so that differences survive a clock change. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
