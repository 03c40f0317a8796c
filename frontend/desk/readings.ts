/** What the desk knows: read again and again while somebody looks, the last good reading kept when one fails. */
import type { DecisionView, InstanceView, PoolView } from './operatorViews';
import { Problem } from '#player/api/problems';

export interface PoolReading {
  pool: PoolView;
  instances: readonly InstanceView[];
  /** Newest first. */
  decisions: readonly DecisionView[];
}

export interface ReadingsState {
  /** null until the first reading. */
  pools: readonly PoolReading[] | null;
  /** When `pools` was read (ms). */
  readAt: number | null;
  /** Why the newest reading failed; null when it did not. */
  problem: Problem | null;
}

export interface PoolSource {
  listPools(): Promise<PoolView[]>;
  listInstances(poolId: string): Promise<InstanceView[]>;
  listDecisions(poolId: string): Promise<DecisionView[]>;
}

/** From the start of one reading to the next; a slow one is waited for, so that questions never pile up. */
const READ_EVERY_ms = 2000;
/** `tick` comes once a second, and a moment early now and then. */
const SLACK_ms = 100;

export class Readings {
  readonly #reader: PoolSource;
  readonly #now: () => number;
  #state: ReadingsState = { pools: null, readAt: null, problem: null };
  #reading = false;
  #again = false;
  #startedAt = -Infinity;
  onChange: () => void = () => {};

  constructor(reader: PoolSource, now: () => number) {
    this.#reader = reader;
    this.#now = now;
  }

  get state(): ReadingsState {
    return this.#state;
  }

  /** Called often; reads when it is time. Not called while nobody looks. */
  tick(): void {
    if (!this.#reading && this.#now() - this.#startedAt >= READ_EVERY_ms - SLACK_ms) void this.read();
  }

  /** Reads now, or once more if a reading is under way: it may have begun before what was just changed. */
  async read(): Promise<void> {
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    this.#startedAt = this.#now();
    do {
      this.#again = false;
      await this.#readOnce();
    } while (this.#again);
    this.#reading = false;
  }

  async #readOnce(): Promise<void> {
    try {
      const pools = await Promise.all((await this.#reader.listPools()).map((pool) => this.#readPool(pool)));
      this.#state = { pools, readAt: this.#now(), problem: null };
    } catch (error) {
      this.#state = { ...this.#state, problem: error instanceof Problem ? error : new Problem('serverError') };
    }
    this.onChange();
  }

  async #readPool(pool: PoolView): Promise<PoolReading> {
    const [instances, decisions] = await Promise.all([this.#reader.listInstances(pool.poolId), this.#reader.listDecisions(pool.poolId)]);
    return { pool, instances, decisions };
  }
}
