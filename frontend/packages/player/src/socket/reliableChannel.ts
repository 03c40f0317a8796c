/**
 * One direction-pair of a signalling conversation over a lossy, reordering relay.
 *
 * API Gateway may lose, double or overtake frames; Epic's messages survive none of that (a candidate before its
 * description is lost for good). So messages are numbered from 1, kept until acknowledged, asked for again when a gap
 * stands, and delivered once and in order. The twin on the instance is `reliable_channel.py`.
 *
 * Pure: every call takes `now_ms` and returns what to put on the wire; nothing here owns a timer or a socket.
 */

import { cutMessage, MAXIMUM_PARTS, type DataFrame } from './framePieces';

export interface AckFrame {
  kind: 'ack';
  /** Every message up to this sequence arrived whole. */
  upTo: number;
}
export interface ResendFrame {
  kind: 'resend';
  /** The first message that is missing or incomplete. */
  from: number;
}
export type ChannelFrame = DataFrame | AckFrame | ResendFrame;

export interface Received {
  /** Whole messages, in order, each exactly once. */
  delivered: string[];
  outgoing: ChannelFrame[];
}

/** How far ahead of the next expected message a frame may be; a bound on memory, far above any handshake. */
const RECEIVE_WINDOW = 64;

const GAP_ms = 500;
const ACK_AFTER_ms = 100;
const FIRST_RESEND_ms = 1000;
const LONGEST_RESEND_ms = 8000;
const MAXIMUM_TRIES = 10;

interface Unacknowledged {
  frames: DataFrame[];
  tries: number;
  resendAt_ms: number;
}
interface Assembly {
  parts: number;
  pieces: Map<number, string>;
}

export class ReliableChannel {
  #nextToSend = 1;
  #unacknowledged = new Map<number, Unacknowledged>();
  #nextToDeliver = 1;
  #assemblies = new Map<number, Assembly>();
  #ackDueAt_ms: number | null = null;
  #gapAskAt_ms: number | null = null;
  #gapWait_ms = GAP_ms;
  #peerGone = false;

  /** True once a message was sent ten times without an acknowledgement. */
  get peerGone(): boolean {
    return this.#peerGone;
  }

  /** Numbers `text`, remembers it until acknowledged and returns its frames. */
  send(text: string, now_ms: number): DataFrame[] {
    const sequence = this.#nextToSend++;
    const frames = cutMessage(sequence, text);
    this.#unacknowledged.set(sequence, { frames, tries: 1, resendAt_ms: now_ms + FIRST_RESEND_ms });
    return frames;
  }

  /** Takes one frame of the peer. A frame that makes no sense is dropped: the relay is not trusted to be tidy. */
  receive(incoming: ChannelFrame, now_ms: number): Received {
    switch (incoming.kind) {
      case 'ack':
        this.#acknowledge(incoming.upTo);
        this.#revive(now_ms);
        return { delivered: [], outgoing: [] };
      case 'resend':
        this.#acknowledge(incoming.from - 1);
        this.#revive(now_ms);
        return { delivered: [], outgoing: this.#sendAgain(now_ms) };
      case 'frame':
        return this.#receiveData(incoming, now_ms);
    }
  }

  /** What is due at `now_ms`: late acknowledgements, requests for a gap, messages nobody acknowledged. */
  tick(now_ms: number): ChannelFrame[] {
    return [...this.#dueAck(now_ms), ...this.#dueGapRequest(now_ms), ...this.#dueResends(now_ms)];
  }

  /** When `tick` has something to do next, or null when the channel is at rest. */
  nextTickAt_ms(): number | null {
    const times = [...this.#unacknowledged.values()].map((message) => message.resendAt_ms);
    if (this.#ackDueAt_ms !== null) times.push(this.#ackDueAt_ms);
    if (this.#gapAskAt_ms !== null) times.push(this.#gapAskAt_ms);
    return times.length > 0 && !this.#peerGone ? Math.min(...times) : null;
  }

  /** The socket is back after a drop: tries made into the void do not count, and everything open goes out again. */
  resume(now_ms: number): ChannelFrame[] {
    this.#revive(now_ms);
    return this.#sendAgain(now_ms);
  }

  /** Any frame of the peer is a sign of life: what waits for it is worth another ten tries. */
  #revive(now_ms: number): void {
    for (const message of this.#unacknowledged.values()) {
      message.tries = 1;
      if (this.#peerGone) message.resendAt_ms = now_ms;
    }
    this.#peerGone = false;
  }

  #acknowledge(upTo: number): void {
    if (!Number.isInteger(upTo) || upTo < 0 || upTo >= this.#nextToSend) return;
    for (const sequence of [...this.#unacknowledged.keys()]) {
      if (sequence <= upTo) this.#unacknowledged.delete(sequence);
    }
  }

  #sendAgain(now_ms: number): DataFrame[] {
    const frames: DataFrame[] = [];
    for (const message of this.#unacknowledged.values()) {
      message.resendAt_ms = now_ms + resendDelay_ms(message.tries);
      frames.push(...message.frames);
    }
    return frames;
  }

  #receiveData(incoming: DataFrame, now_ms: number): Received {
    if (!isSane(incoming) || incoming.sequence >= this.#nextToDeliver + RECEIVE_WINDOW) {
      return { delivered: [], outgoing: [] };
    }
    this.#revive(now_ms);
    const delivered: string[] = [];
    if (incoming.sequence >= this.#nextToDeliver && this.#keepPiece(incoming)) {
      while (this.#assemblies.has(this.#nextToDeliver)) {
        const text = join(this.#assemblies.get(this.#nextToDeliver)!);
        if (text === null) break;
        this.#assemblies.delete(this.#nextToDeliver++);
        delivered.push(text);
      }
      this.#watchGap(incoming.sequence < this.#nextToDeliver || incoming.sequence === this.#nextToDeliver, now_ms);
    }
    // One acknowledgement for a burst, since each costs a relay call. A double deserves one too: ours was lost.
    if (incoming.sequence < this.#nextToDeliver) this.#ackDueAt_ms ??= now_ms + ACK_AFTER_ms;
    return { delivered, outgoing: [] };
  }

  /** False for a piece that contradicts or repeats what we hold. */
  #keepPiece(incoming: DataFrame): boolean {
    const assembly = this.#assemblies.get(incoming.sequence) ?? { parts: incoming.parts, pieces: new Map() };
    if (assembly.parts !== incoming.parts || assembly.pieces.has(incoming.part)) return false;
    assembly.pieces.set(incoming.part, incoming.data);
    this.#assemblies.set(incoming.sequence, assembly);
    return true;
  }

  /** A gap stands while anything is held back; progress on the awaited message starts its clock anew. */
  #watchGap(progressed: boolean, now_ms: number): void {
    if (this.#assemblies.size === 0) {
      this.#gapAskAt_ms = null;
      this.#gapWait_ms = GAP_ms;
    } else if (this.#gapAskAt_ms === null || progressed) {
      this.#gapWait_ms = GAP_ms;
      this.#gapAskAt_ms = now_ms + GAP_ms;
    }
  }

  #dueAck(now_ms: number): AckFrame[] {
    if (this.#ackDueAt_ms === null || now_ms < this.#ackDueAt_ms) return [];
    this.#ackDueAt_ms = null;
    return [{ kind: 'ack', upTo: this.#nextToDeliver - 1 }];
  }

  #dueGapRequest(now_ms: number): ResendFrame[] {
    if (this.#gapAskAt_ms === null || now_ms < this.#gapAskAt_ms) return [];
    this.#gapWait_ms = Math.min(this.#gapWait_ms * 2, LONGEST_RESEND_ms);
    this.#gapAskAt_ms = now_ms + this.#gapWait_ms;
    return [{ kind: 'resend', from: this.#nextToDeliver }];
  }

  #dueResends(now_ms: number): DataFrame[] {
    const frames: DataFrame[] = [];
    for (const message of this.#unacknowledged.values()) {
      if (this.#peerGone || now_ms < message.resendAt_ms) continue;
      if (message.tries >= MAXIMUM_TRIES) {
        this.#peerGone = true;
        return [];
      }
      message.tries += 1;
      message.resendAt_ms = now_ms + resendDelay_ms(message.tries);
      frames.push(...message.frames);
    }
    return frames;
  }
}

/** 1 s after the first try, then 2, 4, 8, 8, … */
function resendDelay_ms(tries: number): number {
  return Math.min(FIRST_RESEND_ms * 2 ** Math.max(0, tries - 1), LONGEST_RESEND_ms);
}

function join(assembly: Assembly): string | null {
  if (assembly.pieces.size < assembly.parts) return null;
  let text = '';
  for (let part = 1; part <= assembly.parts; part++) text += assembly.pieces.get(part)!;
  return text;
}

function isSane(incoming: DataFrame): boolean {
  const { sequence, part, parts, data } = incoming;
  const whole = [sequence, part, parts].every((value) => Number.isInteger(value) && value >= 1);
  return whole && part <= parts && parts <= MAXIMUM_PARTS && typeof data === 'string';
}
