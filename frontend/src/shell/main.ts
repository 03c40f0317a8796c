/** The composition root of the page: what is real is made here and given to those who use it. */
import './styles.css';
import './moving.css';
import '../desk/board.css';
import './room.css';
import './notices.css';
import { Api } from '#player/door/api';
import { BoardDoor } from '../desk/boardDoor';
import { loadConfig, type PageConfig } from './config';
import { watchPersonInput } from '#player/player/personInput';
import { Player } from '#player/player/player';
import { SessionController } from '#player/session/sessionController';
import type { TabMemory } from '#player/session/sessionWorld';
import { SignIn, type SignedIn } from './signIn';
import { openTestDoor } from './testDoor';
import { ViewerSocket, type SocketListener } from '#player/socket/viewerSocket';
import type { PageModel } from './words/model';
import { PageView } from './views/page';
import { showStartFailure } from './startFailure';

const SESSION_KEY = 'greenroom.sessionId';

const root = document.getElementById('app')!;
const announcer = document.getElementById('announcer')!;

const tabMemory: TabMemory = {
  recall: () => sessionStorage.getItem(SESSION_KEY),
  remember: (sessionId) => sessionStorage.setItem(SESSION_KEY, sessionId),
  forget: () => sessionStorage.removeItem(SESSION_KEY),
};

async function start(): Promise<void> {
  const config = await loadConfig();
  document.title = config.productName;
  const signIn = new SignIn(config);
  const user = await signIn.begin();
  await openHouse(config, signIn, user);
}

async function openHouse(config: PageConfig, signIn: SignIn, user: SignedIn | null): Promise<void> {
  const api = new Api(config.apiBase, (fresh) => signIn.accessToken(fresh));
  const controller = createController(config, api, () => page.videoParent);
  const board = new BoardDoor(api, now, user?.operator ?? false);
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
    ...board.actions,
  });
  const render = (): void => {
    board.tick(controller.state);
    page.render(modelNow());
  };
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
    board: board.shownBeside(controller.state),
  });
  controller.onChange = render;
  board.onChange = render;
  openTestDoor(controller);
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
    door: api,
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

/** Milliseconds since the epoch on the monotonic clock, so that differences survive a clock change. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

function fail(error: unknown): void {
  showStartFailure(root, announcer, error);
}

start().catch(fail);
