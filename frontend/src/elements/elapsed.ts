/** Durations as people read them. */

/** 65_000 → "1:05", 3_700_000 → "1:01:40". */
export function elapsedText(duration_ms: number): string {
  const total_s = Math.max(0, Math.floor(duration_ms / 1000));
  const [hours, minutes, seconds] = [Math.floor(total_s / 3600), Math.floor(total_s / 60) % 60, total_s % 60];
  const tail = `${String(seconds).padStart(2, '0')}`;
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
}
