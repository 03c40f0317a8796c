/** `window.greenroom`: a read-only snapshot of what this tab does, for browser tests and for support. Holds no token. */
import type { LoggedEvent, SessionController } from './sessionController';
import type { PageStateName } from './sessionMachine';

export interface TestDoor {
  readonly state: PageStateName;
  readonly sessionId: string | null;
  /** Milliseconds since the epoch, with fractions; null before it happened. */
  readonly clickedAt: number | null;
  readonly firstFrameAt: number | null;
  /** Frames shown in this session. */
  readonly frames: number;
  readonly statusReason: string | null;
  readonly events: readonly LoggedEvent[];
}

declare global {
  interface Window {
    greenroom?: TestDoor;
  }
}

export function openTestDoor(controller: SessionController): void {
  const door: TestDoor = {
    get state() {
      return controller.state.name;
    },
    get sessionId() {
      return controller.state.session?.sessionId ?? null;
    },
    get clickedAt() {
      return controller.state.clickedAt;
    },
    get firstFrameAt() {
      return controller.state.firstFrameAt;
    },
    get frames() {
      return controller.frames;
    },
    get statusReason() {
      return controller.state.statusReason;
    },
    get events() {
      return controller.events.map((event) => ({ ...event }));
    },
  };
  Object.defineProperty(window, 'greenroom', { value: Object.freeze(door) });
}
