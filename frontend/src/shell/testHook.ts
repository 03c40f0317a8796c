/** `window.greenroom`: a read-only snapshot of what this tab does, for browser tests and for support. Holds no token. */
import type { SessionController } from '#player/session/sessionController';
import type { PageStateName } from '#player/session/pageState';
import type { LoggedEvent } from '#player/session/sessionWorld';

export interface TestHook {
  readonly state: PageStateName;
  readonly sessionId: string | null;
  /** The slot the session holds, as the server says; while moving this runs ahead of `shownSlot`. */
  readonly slotId: string | null;
  /** The slot whose picture is shown, `<slotId>#<epoch>`. */
  readonly shownSlot: string | null;
  /** Milliseconds since the epoch, with fractions; null before it happened. */
  readonly clickedAt: number | null;
  readonly firstFrameAt: number | null;
  /** True from the notice of a move (or the hand-over itself) until the first frame of the new slot. */
  readonly moving: boolean;
  /** When this tab learned of its move: the one under way, else the last one. */
  readonly movingTold: number | null;
  /** When the first frame of the new slot was shown; null while a move is under way. */
  readonly resumedAt: number | null;
  /** How often the server moved the session. */
  readonly migrations: number;
  /** Frames shown in this session, on every slot together. */
  readonly frames: number;
  /** When the session ends for want of input; null while there is no warning. */
  readonly idleEndsAt: number | null;
  readonly statusReason: string | null;
  readonly events: readonly LoggedEvent[];
}

declare global {
  interface Window {
    greenroom?: TestHook;
  }
}

export function openTestHook(controller: SessionController): void {
  const hook: TestHook = {
    get state() {
      return controller.state.name;
    },
    get sessionId() {
      return controller.state.session?.sessionId ?? null;
    },
    get slotId() {
      return controller.state.session?.slot?.slotId ?? null;
    },
    get shownSlot() {
      return controller.state.shownOn;
    },
    get clickedAt() {
      return controller.state.clickedAt;
    },
    get firstFrameAt() {
      return controller.state.firstFrameAt;
    },
    get moving() {
      return controller.state.move !== null;
    },
    get movingTold() {
      return (controller.state.move ?? controller.state.moved)?.toldAt ?? null;
    },
    get resumedAt() {
      return controller.state.move === null ? (controller.state.moved?.at ?? null) : null;
    },
    get migrations() {
      return controller.state.session?.migrations ?? 0;
    },
    get frames() {
      return controller.frames;
    },
    get idleEndsAt() {
      return controller.idleEndsAt;
    },
    get statusReason() {
      return controller.state.statusReason;
    },
    get events() {
      return controller.events.map((event) => ({ ...event }));
    },
  };
  Object.defineProperty(window, 'greenroom', { value: Object.freeze(hook) });
}
