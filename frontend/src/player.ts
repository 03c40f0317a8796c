/**
 * Epic's player, set up for Greenroom: one player is one join; a new join gets a new player. Two may play at once, each in
 * a layer of its own: the one behind is deaf and mute until it is shown.
 */
import { Config, Flags, Logger, LogLevel, NumericParameters, PixelStreaming } from '@epicgames-ps/lib-pixelstreamingfrontend-ue5.7';
import { HeldInput } from './heldInput';
import type { PlayerEnd } from './sessionWorld';
import { SignallingTransport } from './signallingTransport';

export interface PlayerListener {
  toStreamer(text: string): void;
  firstFrame(): void;
  /** The picture cannot go on in this join: thrown out, or the peer connection failed. */
  lost(reason: string): void;
  /** The browser wants a click before it plays. */
  playBlocked(): void;
}

/** Frames are looked for this often where the browser does not tell of each (a hidden tab). */
const LOOK_ms = 500;
/** A peer connection may say `disconnected` for a moment and heal. */
const HEAL_ms = 5000;

const INPUTS = [Flags.KeyboardInput, Flags.MouseInput, Flags.TouchInput, Flags.GamepadInput];

export class Player implements PlayerEnd {
  readonly #listener: PlayerListener;
  readonly #transport: SignallingTransport;
  readonly #stream: PixelStreaming;
  readonly #video: HTMLVideoElement;
  readonly #layer: HTMLElement;
  readonly #held: HeldInput;
  readonly #gone = new AbortController();
  #frames = 0;
  #decoded = 0;
  #lastFrameAt_ms = performance.now();
  #troubleSince_ms: number | null = null;
  #stopped = false;
  readonly #look: number;

  constructor(parent: HTMLElement, peer: RTCConfiguration, listener: PlayerListener) {
    this.#listener = listener;
    this.#layer = parent.appendChild(document.createElement('div'));
    this.#layer.className = 'picture';
    Logger.InitLogging(LogLevel.Error, false);
    this.#stream = new PixelStreaming(playerConfig(), { videoElementParent: this.#layer });
    this.#video = this.#stream.webRtcController.videoPlayer.getVideoElement();
    this.#video.dataset.testid = 'coming-video';
    this.#video.setAttribute('aria-label', 'The streamed application');
    this.#transport = new SignallingTransport(peer, {
      toStreamer: (text) => listener.toStreamer(text),
      thrownOut: (reason) => this.#lose(reason || 'the streamer closed the connection'),
    });
    this.#transport.mount(this.#stream.signallingProtocol.transport);
    this.#stream.addEventListener('webRtcFailed', () => this.#lose('the peer connection failed'));
    this.#stream.addEventListener('playStreamRejected', () => listener.playBlocked());
    this.#held = new HeldInput(this.#stream.webRtcController.streamMessageController.toStreamerHandlers);
    this.#held.watch(window, this.#gone.signal);
    // The library knows no cancelled touches: its fingers would stay down.
    this.#video.addEventListener('touchcancel', endTouches);
    this.#watchFrames();
    this.#look = window.setInterval(() => this.#lookAround(), LOOK_ms);
    this.#stream.connect();
  }

  /** Frames shown since this player began. */
  get frames(): number {
    return this.#frames;
  }

  /** How long ago the last frame was shown (ms). */
  get stalledFor_ms(): number {
    return performance.now() - this.#lastFrameAt_ms;
  }

  fromStreamer(text: string): void {
    if (!this.#stopped) this.#transport.fromStreamer(text);
  }

  /** Sound starts off, because browsers refuse to start a picture with sound unasked. */
  setMuted(muted: boolean): void {
    this.#stream.config.setFlagEnabled(Flags.StartVideoMuted, muted);
    this.#video.muted = muted;
    const audio = this.#stream.webRtcController.streamController.audioElement;
    audio.muted = muted;
    if (!muted && audio.srcObject !== null) void audio.play().catch(() => this.#listener.playBlocked());
  }

  show(muted: boolean): void {
    this.#layer.classList.add('shown');
    this.#video.dataset.testid = 'video';
    this.#hearInput(true);
    if (!muted) this.setMuted(false);
  }

  freeze(): void {
    if (this.#stopped) return;
    const still = this.#lastFrame();
    this.#release();
    this.#layer.replaceChildren(...(still === null ? [] : [still]));
    this.#layer.classList.add('still');
  }

  stop(): void {
    this.#release();
    this.#layer.remove();
  }

  #release(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#look);
    this.#hearInput(false);
    this.#gone.abort();
    this.#stream.disconnect();
    this.#stream.webRtcController.destroyVideoPlayer();
  }

  #hearInput(hears: boolean): void {
    if (!hears) this.#held.release();
    for (const input of INPUTS) this.#stream.config.setFlagEnabled(input, hears);
  }

  /** A copy: the video goes black once its stream is taken away. */
  #lastFrame(): HTMLCanvasElement | null {
    const { videoWidth, videoHeight } = this.#video;
    if (this.#frames === 0 || videoWidth === 0) return null;
    const still = document.createElement('canvas');
    [still.width, still.height] = [videoWidth, videoHeight];
    still.getContext('2d')?.drawImage(this.#video, 0, 0);
    return still;
  }

  #watchFrames(): void {
    if (!('requestVideoFrameCallback' in this.#video)) return;
    const seen = (): void => {
      if (this.#stopped) return;
      this.#sawFrames(this.#frames + 1);
      this.#video.requestVideoFrameCallback(seen);
    };
    this.#video.requestVideoFrameCallback(seen);
  }

  #sawFrames(frames: number): void {
    const first = this.#frames === 0;
    this.#frames = frames;
    this.#lastFrameAt_ms = performance.now();
    if (first) this.#listener.firstFrame();
  }

  #lookAround(): void {
    const decoded = this.#video.getVideoPlaybackQuality?.().totalVideoFrames ?? 0;
    if (this.#frames === 0 && decoded > 0) this.#sawFrames(decoded);
    // A hidden tab shows no frames, and that is no sign of a lost picture.
    if (decoded > this.#decoded) this.#lastFrameAt_ms = performance.now();
    this.#decoded = decoded;
    const connection = this.#stream.webRtcController.peerConnectionController?.peerConnection as RTCPeerConnection | null | undefined;
    const state = connection?.iceConnectionState;
    if (state === 'failed' || state === 'closed') return this.#lose(`the peer connection is ${state}`);
    if (state !== 'disconnected') {
      this.#troubleSince_ms = null;
      return;
    }
    this.#troubleSince_ms ??= performance.now();
    if (performance.now() - this.#troubleSince_ms > HEAL_ms) this.#lose('the network path broke');
  }

  #lose(reason: string): void {
    if (this.#stopped) return;
    clearInterval(this.#look);
    this.#listener.lost(reason);
  }
}

function endTouches(event: TouchEvent): void {
  event.target?.dispatchEvent(new TouchEvent('touchend', { changedTouches: [...event.changedTouches], touches: [...event.touches] }));
}

function playerConfig(): Config {
  return new Config({
    // A link must not be able to change how this page plays.
    useUrlParams: false,
    initialSettings: {
      [Flags.AutoConnect]: false,
      [Flags.AutoPlayVideo]: true,
      [Flags.StartVideoMuted]: true,
      [Flags.HoveringMouseMode]: true,
      // Until it is shown, the keys belong to the picture in front.
      [Flags.KeyboardInput]: false,
      [Flags.MouseInput]: false,
      [Flags.TouchInput]: false,
      [Flags.GamepadInput]: false,
      [Flags.FakeMouseWithTouches]: false,
      [Flags.WaitForStreamer]: true,
      // The agent counts, and presence.ts asks.
      [Flags.AFKDetection]: false,
      // Greenroom's own socket reconnects; the library must never try.
      [NumericParameters.MaxReconnectAttempts]: 0,
      [NumericParameters.KeepaliveDelay]: 0,
    },
  });
}
