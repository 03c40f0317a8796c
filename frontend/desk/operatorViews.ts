/** Pools, instances and decisions as the API gives them; parsed at the edge and trusted inside. What is missing is nothing, not an error. */
import { isRecord } from '#player/api/sessionView';

export type Counts = Readonly<Record<string, number>>;

export interface PoolView {
  poolId: string;
  applicationId: string;
  /** As configured, in the API's own names: `alwaysOn`, `targetIdle`, `maximum`, … */
  policy: Readonly<Record<string, number | string>>;
  instanceTypes: readonly string[];
  markets: readonly string[];
  halted: { reason: string; at: string; by: string } | null;
  /** By state, in lower case. */
  slots: Counts;
  queued: number;
  /** Slots: what the plan asks for, and what serves or is on its way. */
  wanted: number;
  supply: number;
  events: readonly { eventId: string; slots: number; left: number }[];
}

export interface InstanceSlot {
  slotId: string;
  number: number;
  state: string;
  sessionId: string | null;
}

export interface InstanceView {
  instanceId: string;
  state: string;
  statusReason: string | null;
  market: string;
  instanceType: string;
  zone: string;
  launchedAt: string;
  readyAt: string | null;
  notice: { kind: string; at: string; endsAt: string | null } | null;
  slots: readonly InstanceSlot[];
}

/** One line of the Journal: when, what, and its facts as they were written. */
export interface DecisionView {
  at: string;
  kind: string;
  facts: Readonly<Record<string, unknown>>;
}

export function parsePool(value: unknown): PoolView {
  const pool = record(value);
  const halted = isRecord(pool.halted) ? pool.halted : null;
  const demand = record(pool.demand);
  return {
    poolId: text(pool.poolId),
    applicationId: text(pool.applicationId),
    policy: Object.fromEntries(
      Object.entries(record(pool.policy)).filter((entry): entry is [string, number | string] =>
        ['number', 'string'].includes(typeof entry[1]),
      ),
    ),
    instanceTypes: texts(pool.instanceTypes),
    markets: texts(pool.markets),
    halted: halted && { reason: text(halted.reason), at: text(halted.at), by: text(halted.by) },
    slots: counts(pool.slots),
    queued: whole(pool.queued),
    wanted: whole(demand.wanted),
    supply: whole(demand.supply),
    events: list(pool.events).map((event) => ({ eventId: text(event.eventId), slots: whole(event.slots), left: whole(event.left) })),
  };
}

export function parseInstance(value: unknown): InstanceView {
  const instance = record(value);
  const notice = isRecord(instance.notice) ? instance.notice : null;
  return {
    instanceId: text(instance.instanceId),
    state: text(instance.state),
    statusReason: textOrNull(instance.statusReason),
    market: text(instance.market),
    instanceType: text(instance.instanceType),
    zone: text(instance.zone),
    launchedAt: text(instance.launchedAt),
    readyAt: textOrNull(instance.readyAt),
    notice: notice && { kind: text(notice.kind), at: text(notice.at), endsAt: textOrNull(notice.endsAt) },
    slots: list(instance.slots).map((slot) => ({
      slotId: text(slot.slotId),
      number: whole(slot.number),
      state: text(slot.state),
      sessionId: textOrNull(slot.sessionId),
    })),
  };
}

export function parseDecision(value: unknown): DecisionView {
  const { at, kind, ...facts } = record(value);
  return { at: text(at), kind: text(kind), facts };
}

/** The records of a list; anything else in it is skipped. */
export function list(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function counts(value: unknown): Counts {
  return Object.fromEntries(Object.entries(record(value)).map(([state, count]) => [state.toLowerCase(), whole(count)]));
}

function whole(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
