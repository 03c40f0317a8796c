/** Sessions as the API would give them, for tests. */
import type { PageEvent } from '#player/session/pageState';
import type { SessionView } from '#player/api/sessionView';

export const SESSION_ID = 'ses-aaaaaaaaaaaaaaaaaaaaaaaaaa';
export const SLOT = { slotId: 'i-0abc.1', instanceType: 'g5.xlarge', zone: 'us-east-1a', epoch: 4 };

/** Another instance; its slot stands at the same epoch, because epochs are counted per slot. */
export const OTHER_SLOT = { ...SLOT, slotId: 'i-0def.1', zone: 'us-east-1b' };
export const THIRD_SLOT = { ...SLOT, slotId: 'i-0fed.2', epoch: 1 };
export const FIRST_FRAME: PageEvent = { type: 'firstFrame', slot: 'i-0abc.1#4' };

export function queued(fields: Partial<SessionView> = {}): SessionView {
  return {
    sessionId: SESSION_ID,
    applicationId: 'demo',
    state: 'Queued',
    statusReason: null,
    requestedAt: '2026-01-31T12:00:00.000Z',
    endedAt: null,
    deadlineAt: null,
    endsBy: null,
    version: 1,
    slot: null,
    place: 2,
    reason: 'all places are taken',
    eta: null,
    moving: null,
    migrations: 0,
    ...fields,
  };
}

export function assigned(fields: Partial<SessionView> = {}): SessionView {
  return queued({ state: 'Assigned', slot: SLOT, place: null, reason: null, version: 3, ...fields });
}

const MOVING = { since: '2026-01-31T12:05:00.000Z', pictureUntil: '2026-01-31T12:07:00.000Z', reason: 'spotInterrupted' };

/** Its instance is being lost: the slot is still the old one. */
export function migrating(fields: Partial<SessionView> = {}): SessionView {
  return assigned({ state: 'Migrating', moving: MOVING, migrations: 1, version: 5, ...fields });
}

/** Another slot is reserved. */
export function handedOver(fields: Partial<SessionView> = {}): SessionView {
  return assigned({ slot: OTHER_SLOT, moving: MOVING, migrations: 1, version: 6, ...fields });
}

export function ended(statusReason: string, version = 9): SessionView {
  return assigned({ state: 'Ended', statusReason, version });
}
