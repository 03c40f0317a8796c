/** The viewer's view of a session, as the API gives it; parsed at the edge and trusted inside. */

export const SESSION_STATES = [
  'Requested',
  'Queued',
  'Assigned',
  'Connected',
  'Disconnected',
  'Migrating',
  'Ending',
  'Ended',
  'Failed',
] as const;
export type SessionState = (typeof SESSION_STATES)[number];

export interface SlotView {
  slotId: string;
  instanceType: string | null;
  zone: string | null;
  epoch: number;
}

/** The instance is being lost; stands until the picture comes from another one. */
export interface MovingView {
  since: string;
  /** When the old picture ends at the latest; null when nobody knows (it may have ended already). */
  pictureUntil: string | null;
  reason: string | null;
}

/** When a slot is there with probability 0.5 and 0.9, as it was known `at`; the server's clock. */
export interface EtaView {
  p50: string;
  p90: string;
  reason: string | null;
  at: string;
}

/** What the control plane tells whoever waits, beside the session itself. */
export interface LineNews {
  sessionId: string;
  place: number | null;
  eta: EtaView | null;
}

export interface SessionView {
  sessionId: string;
  applicationId: string;
  state: SessionState;
  statusReason: string | null;
  requestedAt: string;
  endedAt: string | null;
  deadlineAt: string | null;
  /** When it ends at the latest; null until it was connected. */
  endsBy: string | null;
  /** Grows with each change; a receiver drops an older one. */
  version: number;
  slot: SlotView | null;
  /** 1 = next in line; null outside the line. */
  place: number | null;
  /** Why it stands where it stands, in sentences; in line, when a slot comes is `eta`. */
  reason: string | null;
  eta: EtaView | null;
  moving: MovingView | null;
  /** How often it was moved so far. */
  migrations: number;
}

/** Raises: TypeError when the API said something that is not a session. */
export function parseSession(value: unknown): SessionView {
  if (!isRecord(value)) throw new TypeError('a session must be an object');
  const { sessionId, applicationId, state, version } = value;
  if (typeof sessionId !== 'string' || typeof version !== 'number') throw new TypeError('a session needs id and version');
  if (!SESSION_STATES.includes(state as SessionState)) throw new TypeError(`unknown session state ${String(state)}`);
  return {
    sessionId,
    applicationId: typeof applicationId === 'string' ? applicationId : '',
    state: state as SessionState,
    statusReason: text(value.statusReason),
    requestedAt: text(value.requestedAt) ?? '',
    endedAt: text(value.endedAt),
    deadlineAt: text(value.deadlineAt),
    endsBy: text(value.endsBy),
    version,
    slot: isRecord(value.slot) ? parseSlot(value.slot) : null,
    place: typeof value.place === 'number' ? value.place : null,
    reason: text(value.reason),
    eta: parseEta(value.eta),
    moving: isRecord(value.moving) ? parseMoving(value.moving) : null,
    migrations: typeof value.migrations === 'number' ? value.migrations : 0,
  };
}

export function parseEta(value: unknown): EtaView | null {
  if (!isRecord(value)) return null;
  const { p50, p90, at } = value;
  if (typeof p50 !== 'string' || typeof p90 !== 'string' || typeof at !== 'string') return null;
  return { p50, p90, reason: text(value.reason), at };
}

/** True when nothing more can happen to it; `Ending` counts, because its picture is over. */
export function isOver(session: SessionView): boolean {
  return session.state === 'Ending' || session.state === 'Ended' || session.state === 'Failed';
}

/** Names one holding of one slot: epochs are counted per slot, so two slots may well stand at the same one. */
export function slotKey(slot: SlotView): string {
  return `${slot.slotId}#${slot.epoch}`;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseSlot(slot: Record<string, unknown>): SlotView {
  return {
    slotId: text(slot.slotId) ?? '',
    instanceType: text(slot.instanceType),
    zone: text(slot.zone),
    epoch: typeof slot.epoch === 'number' ? slot.epoch : 0,
  };
}

function parseMoving(moving: Record<string, unknown>): MovingView {
  return { since: text(moving.since) ?? '', pictureUntil: text(moving.pictureUntil), reason: text(moving.reason) };
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
