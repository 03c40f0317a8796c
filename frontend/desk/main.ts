/** The composition root of the desk, the operators' page. It shares sign-in and looks with the viewer's page, and nothing else. */
import './desk.css';
import { createHeader } from '../src/elements/header';
import { el, setText } from '../src/elements/dom';
import { PAGES } from '../src/entry/pages';
import { now, startPage, type StartedPage } from '../src/entry/start';
import { createNotForYou, createSignedOut, type Closed } from './closed';
import { createDesk } from './desk';
import type { DeskActions } from './model';
import { OperatorApi } from './operatorApi';
import { Readings } from './readings';
import { deskAnnouncement } from './words';

function openDesk(page: StartedPage): void {
  const { config, user, signIn } = page;
  const askSignIn = (): void => void signIn.start().catch(page.fail);
  const signOut = (): void => void signIn.signOut();
  const main = el('main', {});
  const header = createHeader(signOut);
  document.title = `Desk · ${config.productName}`;
  header.update({ productName: config.productName, userName: user?.name ?? null });
  page.root.replaceChildren(header.element, main);
  if (user === null) return showClosed(page, main, createSignedOut(askSignIn), 'signedOut');
  if (!user.operator) return showClosed(page, main, createNotForYou(user.name, signOut), 'notOperator');
  keepDesk(page, main, askSignIn);
}

function showClosed({ announcer }: StartedPage, main: HTMLElement, { element, announcement }: Closed, state: string): void {
  main.replaceChildren(element);
  announcer.dataset.state = state;
  setText(announcer, announcement);
}

/** Reads and shows, again and again, while somebody looks. */
function keepDesk({ api, announcer }: StartedPage, main: HTMLElement, signIn: () => void): void {
  const operatorApi = new OperatorApi(api);
  const readings = new Readings(operatorApi, now);
  const desk = createDesk({ signIn, ...switches(operatorApi, readings) });
  const render = (): void => {
    desk.update({ now: now(), state: readings.state });
    setText(announcer, deskAnnouncement(readings.state));
  };
  const tick = (): void => {
    if (document.visibilityState === 'visible') readings.tick();
    render();
  };
  readings.onChange = render;
  main.replaceChildren(desk.element);
  announcer.dataset.state = 'desk';
  setInterval(tick, 1000);
  tick();
}

/** What was done is looked at once more right away. */
function switches(api: OperatorApi, readings: Readings): Omit<DeskActions, 'signIn'> {
  const thenRead = async (done: Promise<void>): Promise<void> => {
    await done;
    void readings.read();
  };
  return {
    halt: (poolId, reason) => thenRead(api.halt(poolId, reason)),
    resume: (poolId) => thenRead(api.resume(poolId)),
    drain: (instanceId) => thenRead(api.drain(instanceId)),
    undrain: (instanceId) => thenRead(api.undrain(instanceId)),
  };
}

startPage(PAGES.desk, openDesk);
