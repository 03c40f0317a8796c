/**
 * Moving a viewer: what this tab knows of a session's way from an instance that is being lost to another one. Pure.
 *
 * The server's state and the picture are two things. A session is Migrating, then Assigned to another slot; the picture
 * stays on the old instance until the new one's first frame. So a move stands while the server looks for a slot, and
 * while the slot it found is not the one whose picture is shown.
 */
import { type SessionView, slotKey } from '../api/sessionView';

export interface Move {
  /** When this tab learned of it. */
  toldAt: number;
  /** Why: `spotInterrupted`, `instanceUnhealthy`, or null when only the new slot told of it. */
  reason: string | null;
  /** When the old picture ends at the latest (ms since the epoch, this tab's clock); null when nobody knows. */
  pictureUntil: number | null;
  /** The slot whose picture was shown when it began; null before any picture. */
  from: string | null;
}

/** A finished move. */
export interface Moved {
  toldAt: number;
  /** When the first frame of the new slot was shown. */
  at: number;
}

/** The move as it stands after `session` was heard while the picture of `shownOn` is shown; null when there is none. */
export function moveOf(session: SessionView, shownOn: string | null, former: Move | null, at: number): Move | null {
  const elsewhere = shownOn !== null && session.slot !== null && slotKey(session.slot) !== shownOn;
  if (session.state !== 'Migrating' && !elsewhere) return null;
  // The picture came to another slot meanwhile and that one goes too: a move of its own.
  const begun = former !== null && former.from === shownOn ? former : null;
  return {
    toldAt: begun?.toldAt ?? at,
    reason: session.moving?.reason ?? begun?.reason ?? null,
    pictureUntil: session.moving === null ? (begun?.pictureUntil ?? null) : untilOf(session.moving, at),
    from: shownOn,
  };
}

/** Whether another slot is already reserved: what is left to wait for is its picture. */
export function isHandedOver(session: SessionView | null, move: Move): boolean {
  return session !== null && session.state !== 'Migrating' && session.slot !== null && slotKey(session.slot) !== move.from;
}

/** This tab's clock may be wrong; it is never made to promise longer than the notice was. */
function untilOf(moving: { since: string; pictureUntil: string | null }, at: number): number | null {
  if (moving.pictureUntil === null) return null;
  const [since, until] = [Date.parse(moving.since), Date.parse(moving.pictureUntil)];
  if (Number.isNaN(until)) return null;
  return Number.isNaN(since) ? until : Math.min(until, at + Math.max(0, until - since));
}
