/** Sessions as the doors would give them, for tests. */
import type { SessionView } from '../src/sessionView';

export const SESSION_ID = 'ses-aaaaaaaaaaaaaaaaaaaaaaaaaa';
const SLOT = { slotId: 'i-0abc.1', instanceType: 'g5.xlarge', zone: 'us-east-1a', epoch: 4 };

export function queued(fields: Partial<SessionView> = {}): SessionView {
  return {
    sessionId: SESSION_ID, applicationId: 'demo', state: 'Queued', statusReason: null, requestedAt: '2026-01-31T12:00:00.000Z',
    endedAt: null, deadlineAt: null, version: 1, slot: null, place: 2, reason: 'all places are taken', ...fields,
  };
}

export function assigned(fields: Partial<SessionView> = {}): SessionView {
  return queued({ state: 'Assigned', slot: SLOT, place: null, reason: null, version: 3, ...fields });
}

export function ended(statusReason: string, version = 9): SessionView {
  return assigned({ state: 'Ended', statusReason, version });
}
