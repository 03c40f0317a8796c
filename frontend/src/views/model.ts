/** What the views are told, and what they may ask for. */
import type { PageState } from '../sessionMachine';

export interface PageModel {
  state: PageState;
  now: number;
  productName: string;
  applicationName: string;
  userName: string | null;
  muted: boolean;
  socketConnected: boolean;
  joined: boolean;
  playBlocked: boolean;
}

export interface PageActions {
  signIn(): void;
  signOut(): void;
  play(): void;
  leave(): void;
  rejoin(sessionId: string): void;
  dismiss(): void;
  setMuted(muted: boolean): void;
}

export interface View {
  readonly element: HTMLElement;
  update(model: PageModel): void;
}
