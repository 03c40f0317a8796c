/**
 * What Epic's library believes to be its signalling server.
 *
 * The library opens a WebSocket of its own and ends the stream at any close of it. Greenroom has one socket for state
 * and signalling, which drops and comes back by itself; so the library's transport gets other hands and feet: it is told
 * of a server that greets, lists one streamer, answers pings, and never closes but for a real end.
 */
import type { ITransport } from '@epicgames-ps/lib-pixelstreamingcommon-ue5.7';
import { isRecord } from '../api/sessionView';

/** The one streamer a slot has, under a name of our own: the library insists on choosing from a list. */
export const STREAMER_ID = 'greenroom';

/** These go to the streamer; whatever else the library says is meant for a server and answered or dropped here. */
const FOR_THE_STREAMER: readonly string[] = ['answer', 'iceCandidate'];
const FOR_THE_LIBRARY: readonly string[] = ['offer', 'iceCandidate'];

export interface TransportEnd {
  /** The library has something for the streamer. */
  toStreamer(text: string): void;
  /** The streamer threw this player out. */
  thrownOut(reason: string): void;
}

export class SignallingTransport {
  readonly #end: TransportEnd;
  readonly #peer: RTCConfiguration;
  #library: ITransport | null = null;
  #open = false;
  #subscribed = false;
  #held: string[] = [];

  constructor(peer: RTCConfiguration, end: TransportEnd) {
    this.#peer = peer;
    this.#end = end;
  }

  /** Takes the place of the library's own WebSocket. Must come before `stream.connect()`. */
  mount(library: ITransport): void {
    this.#library = library;
    library.connect = () => this.#greet();
    library.sendMessage = (text: string) => this.#fromLibrary(text);
    library.isConnected = () => this.#open;
    library.disconnect = (code?: number, reason?: string) => this.#close(code ?? 1000, reason ?? '');
  }

  /** A message of the streamer. Held until the library has subscribed: an earlier offer would meet no peer connection. */
  fromStreamer(text: string): void {
    if (!this.#subscribed) {
      this.#held.push(text);
      return;
    }
    const message = parse(text);
    if (message === null || !this.#open) return;
    if (message.type === 'disconnectPlayer') {
      const reason = typeof message.reason === 'string' ? message.reason : '';
      this.#close(1011, reason);
      this.#end.thrownOut(reason);
    } else if (FOR_THE_LIBRARY.includes(message.type)) {
      this.#library?.onMessage?.(text);
    }
  }

  #greet(): boolean {
    if (this.#open) return true;
    this.#open = true;
    // After `connect` returned, as from a network: the library sets itself up in between.
    queueMicrotask(() => {
      if (!this.#open) return;
      this.#send({ type: 'config', peerConnectionOptions: this.#peer, protocolVersion: '1.3.0' });
      this.#library?.emit('open');
    });
    return true;
  }

  #fromLibrary(text: string): void {
    const message = parse(text);
    if (message === null || !this.#open) return;
    if (FOR_THE_STREAMER.includes(message.type)) return this.#end.toStreamer(text);
    if (message.type === 'listStreamers') return this.#answer({ type: 'streamerList', ids: [STREAMER_ID] });
    if (message.type === 'ping') return this.#answer({ type: 'pong', time: message.time });
    if (message.type === 'subscribe') queueMicrotask(() => this.#subscribe());
  }

  #subscribe(): void {
    this.#subscribed = true;
    const held = this.#held;
    this.#held = [];
    for (const text of held) this.fromStreamer(text);
  }

  #close(code: number, reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#library?.emit('close', { code, reason });
  }

  /** Answers come later than the question, as from a network. */
  #answer(message: object): void {
    queueMicrotask(() => this.#send(message));
  }

  #send(message: object): void {
    this.#library?.onMessage?.(JSON.stringify(message));
  }
}

function parse(text: string): (Record<string, unknown> & { type: string }) | null {
  try {
    const message: unknown = JSON.parse(text);
    return isRecord(message) && typeof message.type === 'string' ? { ...message, type: message.type } : null;
  } catch {
    return null;
  }
}
