/** One signalling message cut into socket frames that the Viewer socket accepts. */

export interface DataFrame {
  kind: 'frame';
  sequence: number;
  part: number;
  parts: number;
  data: string;
}
/** API Gateway closes the socket at 32 KB a frame; 28 KB leaves room for what the relay stamps on it. */
export const MAXIMUM_FRAME_BYTES = 28 * 1024;
const ENVELOPE_BYTES = 128;
/** What a hostile or broken peer may make us keep of one message. */
export const MAXIMUM_PARTS = 32;

/** The frames of one message: at least one, even for an empty text. */
export function cutMessage(sequence: number, text: string): DataFrame[] {
  const pieces = splitForFrames(text, MAXIMUM_FRAME_BYTES - ENVELOPE_BYTES);
  return pieces.map((data, index) => ({ kind: 'frame', sequence, part: index + 1, parts: pieces.length, data }));
}

/** Cuts `text` between characters so that no piece exceeds `budget_bytes` inside a JSON string. */
export function splitForFrames(text: string, budget_bytes: number): string[] {
  const pieces: string[] = [];
  let start = 0;
  let used = 0;
  let index = 0;
  for (const character of text) {
    const size = escapedBytes(character);
    if (used + size > budget_bytes) {
      pieces.push(text.slice(start, index));
      start = index;
      used = 0;
    }
    used += size;
    index += character.length;
  }
  pieces.push(text.slice(start));
  return pieces;
}

/** Counted as if all but plain ASCII became `\uXXXX`: whoever passes the frame on may write it so. */
function escapedBytes(character: string): number {
  const code = character.codePointAt(0)!;
  if (code === 0x22 || code === 0x5c) return 2;
  return code >= 0x20 && code < 0x7f ? 1 : 6 * character.length;
}
