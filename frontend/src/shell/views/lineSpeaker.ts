/**
 * Tells screen readers about the place in line: at once when the place changes, and at most every 45 s when only the
 * time changed.
 */
import type { PageModel } from '../words/model';
import { lineShown, waitingReason, waitingTitle, waitSpoken } from '../words/waitingWords';

const TIME_AGAIN_ms = 45_000;

export class LineSpeaker {
  #title = '';
  #wait = '';
  #saidAt = -Infinity;
  #said = '';

  /** The text to read now; the same text as before when there is nothing new. Null while the viewer is not in line. */
  say(model: PageModel): string | null {
    const line = lineShown(model.state);
    if (line === null) {
      this.#title = '';
      return null;
    }
    const [title, wait] = [waitingTitle(model.state), waitSpoken(line, model.now)];
    const moved = title !== this.#title;
    if (!moved && (wait === this.#wait || model.now - this.#saidAt < TIME_AGAIN_ms)) return this.#said;
    this.#title = title;
    this.#wait = wait;
    this.#saidAt = model.now;
    this.#said = moved ? `${title}. ${wait} ${waitingReason(model)}` : wait;
    return this.#said;
  }
}
