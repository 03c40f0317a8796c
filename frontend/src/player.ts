/** Epic's player, set up for Greenroom: one player is one join; a new join gets a new player. */
import { Config, Flags, Logger, LogLevel, NumericParameters, PixelStreaming } from '@epicgames-ps/lib-pixelstreamingfrontend-ue5.7';
import { SignallingTransport } from './signallingTransport';

export interface PlayerListener {
  toStreamer(text: string): void;
  firstFrame(): void;
  /** The picture cannot go on in this join: thrown out, or the peer connection failed. */
  lost(reason: string): void;
  /** The browser wants a click before it plays. */
  playBlocked(): void;
}

export interface PlayerSettings {
  /** Warn after this long without input and stop 10 s later; null leaves idling to the server. */
  idleWarning_s: number | null;
}

/** Frames are looked for this often where the browser does not tell of each (a hidden tab). */
const LOOK_ms = 500;
/** A peer connection may say `disconnected` for a moment and heal. */
const HEAL_ms = 5000;

export class Player {
  readonly #listener: PlayerListener;
  readonly #transport: SignallingTransport;
  readonly #stream: PixelStreaming;
  readonly #video: HTMLVideoElement;
  readonly #parent: HTMLElement;
  #frames = 0;
  #lastFrameAt_ms = performance.now();
  #troubleSince_ms: number | null = null;
  #stopped = false;
  readonly #look: number;

  constructor(parent: HTMLElement, iceServers: RTCIceServer[], settings: PlayerSettings, listener: PlayerListener) {
    this.#listener = listener;
    this.#parent = parent;
    Logger.InitLogging(LogLevel.Error, false);
    this.#stream = new PixelStreaming(playerConfig(settings), { videoElementParent: parent });
    this.#video = this.#stream.webRtcController.videoPlayer.getVideoElement();
    this.#video.dataset.testid = 'video';
    this.#video.setAttribute('aria-label', 'The streamed application');
    this.#transport = new SignallingTransport(iceServers, {
      toStreamer: (text) => listener.toStreamer(text),
      thrownOut: (reason) => this.#lose(reason || 'the streamer closed the connection'),
    });
    this.#transport.mount(this.#stream.signallingProtocol.transport);
    this.#stream.addEventListener('webRtcFailed', () => this.#lose('the peer connection failed'));
    this.#stream.addEventListener('playStreamRejected', () => listener.playBlocked());
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

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#look);
    this.#stream.disconnect();
    this.#stream.webRtcController.destroyVideoPlayer();
    this.#parent.replaceChildren();
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

function playerConfig(settings: PlayerSettings): Config {
  return new Config({
    // A link must not be able to change how this page plays.
    useUrlParams: false,
    initialSettings: {
      [Flags.AutoConnect]: false,
      [Flags.AutoPlayVideo]: true,
      [Flags.StartVideoMuted]: true,
      [Flags.HoveringMouseMode]: true,
      [Flags.KeyboardInput]: true,
      [Flags.MouseInput]: true,
      [Flags.TouchInput]: true,
      [Flags.GamepadInput]: true,
      [Flags.FakeMouseWithTouches]: false,
      [Flags.WaitForStreamer]: true,
      [Flags.AFKDetection]: settings.idleWarning_s !== null,
      [NumericParameters.AFKTimeoutSecs]: settings.idleWarning_s ?? 120,
      // Greenroom's own socket reconnects; the library must never try.
      [NumericParameters.MaxReconnectAttempts]: 0,
      [NumericParameters.KeepaliveDelay]: 0,
    },
  });
}
