/** What the desk is told, and what it may ask for. */
import type { ReadingsState } from './readings';

export interface DeskModel {
  now: number;
  state: ReadingsState;
}

export interface DeskActions {
  signIn(): void;
  halt(poolId: string, reason: string): Promise<void>;
  resume(poolId: string): Promise<void>;
  drain(instanceId: string): Promise<void>;
  undrain(instanceId: string): Promise<void>;
}
