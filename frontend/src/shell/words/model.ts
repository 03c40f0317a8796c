/** What the views are told, and what they may ask for. */
import type { View as ViewOf } from '../../elements/view';
import type { PageState } from '#player/session/pageState';

export interface PageModel {
  now: number;
  state: PageState;
  /** The server's clock, for the times it told. */
  serverNow: number;
  /** When the session ends for want of input; null while the viewer is thought to be there. */
  idleEndsAt: number | null;
  productName: string;
  applicationName: string;
  userName: string | null;
  muted: boolean;
  socketConnected: boolean;
  joined: boolean;
  /** The browser plays nothing before the viewer clicks. */
  playBlocked: boolean;
  /** How long the picture has stood still before the viewer's eyes (ms); null while it moves. */
  stillFor_ms: number | null;
  /** Whether the person signed in may use the desk. */
  operator: boolean;
}

export interface PageActions {
  signIn(): void;
  signOut(): void;
  play(): void;
  leave(): void;
  /** The viewer says that somebody is there. */
  stay(): void;
  /** The click without which the browser plays nothing. */
  start(): void;
  rejoin(sessionId: string): void;
  dismiss(): void;
  setMuted(muted: boolean): void;
}

export type View = ViewOf<PageModel>;
