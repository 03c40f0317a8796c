/** The composition root of the viewer's page: what is real is made here and given to those who use it. */
import './styles.css';
import './moving.css';
import './room.css';
import './notices.css';
import type { Api } from '#player/api/api';
import type { PageConfig } from '../entry/config';
import { PAGES } from '../entry/pages';
import type { SignIn } from '../entry/signIn';
import { now, startPage, type StartedPage } from '../entry/start';
import { watchPersonInput } from '#player/player/personInput';
import { Player } from '#player/player/player';
import { SessionController } from '#player/session/sessionController';
import type { TabMemory } from '#player/session/sessionWorld';
import { openTestHook } from './testHook';
import { ViewerSocket, type SocketListener } from '#player/socket/viewerSocket';
import type { PageModel } from './words/model';
import { PageView } from './views/page';

const SESSION_KEY = 'greenroom.sessionId';

const tabMemory: TabMemory = {
  recall: () => sessionStorage.getItem(SESSION_KEY),
  remember: (sessionId) => sessionStorage.setItem(SESSION_KEY, sessionId),
  forget: () => sessionStorage.removeItem(SESSION_KEY),
};

async function openHouse({ root, announcer, config, signIn, user, api, fail }: StartedPage): Promise<void> {
  document.title = config.productName;
  const controller = createController(config, api, () => page.videoParent);
  let applicationName = config.applicationId;
  const page = new PageView(root, announcer, {
    signIn: () => void signIn.start().catch(fail),
    signOut: () => leaveHouse(controller, signIn),
    play: () => void controller.play(),
    leave: () => controller.leave(),
    stay: () => controller.input(),
    start: () => controller.start(),
    rejoin: (sessionId) => void controller.rejoin(sessionId),
    dismiss: () => controller.dismiss(),
    setMuted: (muted) => controller.setMuted(muted),
  });
  const render = (): void => page.render(modelNow());
  const modelNow = (): PageModel => ({
    state: controller.state,
    now: now(),
    serverNow: Date.now() + api.skew_ms,
    idleEndsAt: controller.idleEndsAt,
    productName: config.productName,
    applicationName,
    userName: user?.name ?? null,
    muted: controller.muted,
    socketConnected: controller.socketConnected,
    joined: controller.joined,
    playBlocked: controller.playBlocked,
    stillFor_ms: controller.stillFor_ms,
    operator: user?.operator ?? false,
  });
  controller.onChange = render;
  openTestHook(controller);
  watchPersonInput(() => controller.input());
  setInterval(() => {
    controller.tick();
    render();
  }, 1000);
  window.addEventListener('online', () => controller.checkConnection());
  if (user === null) return render();
  await controller.begin();
  render();
  applicationName = (await api.applicationName(config.applicationId).catch(() => null)) ?? applicationName;
  render();
}

function createController(config: PageConfig, api: Api, videoParent: () => HTMLElement): SessionController {
  return new SessionController({
    applicationId: config.applicationId,
    api,
    memory: tabMemory,
    openSocket: (sessionId, listener) => createSocket(config, api, sessionId, listener),
    createPlayer: (peer, listener) => new Player(videoParent(), peer, listener),
    now,
    serverNow: () => Date.now() + api.skew_ms,
    newClientToken: () => crypto.randomUUID(),
  });
}

function createSocket(config: PageConfig, api: Api, sessionId: string, listener: SocketListener): ViewerSocket {
  return new ViewerSocket(
    {
      open: (ticket) => new WebSocket(`${location.origin.replace(/^http/, 'ws')}${config.socketPath}?ticket=${encodeURIComponent(ticket)}`),
      requestTicket: (resumeJoin) => api.requestTicket(sessionId, resumeJoin),
      now_ms: () => performance.now(),
      setTimer: (call, delay_ms) => window.setTimeout(call, delay_ms),
      clearTimer: (timer) => window.clearTimeout(timer),
    },
    listener,
    config.socketLifetime_s * 1000,
  );
}

function leaveHouse(controller: SessionController, signIn: SignIn): void {
  controller.leave();
  controller.signedOut();
  void signIn.signOut();
}

startPage(PAGES.viewer, openHouse);
