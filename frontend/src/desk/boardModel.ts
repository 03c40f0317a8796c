/** What the board is told, and what it may ask for. */
import type { BoardState } from './fleetBoard';

export interface BoardModel {
  now: number;
  /** The fleet board, while it is what this page shows. */
  board: { operator: boolean; state: BoardState } | null;
}

export interface BoardActions {
  showBoard(shown: boolean): void;
  halt(poolId: string, reason: string): Promise<void>;
  resume(poolId: string): Promise<void>;
  drain(instanceId: string): Promise<void>;
  undrain(instanceId: string): Promise<void>;
}
