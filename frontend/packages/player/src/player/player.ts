/**
 * Epic's player, set up for Greenroom: one player is one join; a new join gets a new player. Two may play at once, each in
 * a layer of its own: the one behind is deaf and mute until it is shown.
 */
import { Config, Flags, Logger, LogLevel, NumericParameters, PixelStreaming } from '@epicgames-ps/lib-pixelstreamingfrontend-ue5.7';
import { FrameWatch } from './frameWatch';
import { HeldInput } from './heldInput';
import type { PlayerEnd, PlayerListener } from './playerEnd';
import { SignallingTransport } from './signallingTransport';

/** How often the player looks at its video and its peer connection. */
const LOOK_ms = 250;
/** A video that is ready and paused for this long was not started by anybody. */
const PAUSED_ms = 1000;
/** A peer connection may say `disconnected` for a moment and heal. */
const HEAL_ms = 5000;

const INPUTS = [Flags.KeyboardInput, Flags.MouseInput, Flags.TouchInput, Flags.GamepadInput];

export class Player implements PlayerEnd {
  readonly #listener: PlayerListener;
  readonly #transport: SignallingTransport;
  readonly #stream: PixelStreaming;
  readonly #video: HTMLVideoElement;
  readonly #layer: HTMLElement;
  readonly #frameWatch: FrameWatch;
  readonly #held: HeldInput;
  readonly #gone = new AbortController();
  #wasStill = false;
  #pausedSince_ms: number | null = null;
  #blocked = false;
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
    this.#stream.addEventListener('playStreamRejected', ({ data }) => this.#playRejected(data.reason));
    // The library's own answer to a click plays what has no sound, and lets nobody hear that it failed.
    this.#video.onclick = () => this.#video.paused && this.start();
    this.#frameWatch = new FrameWatch(this.#video, {
      now: () => performance.now(),
      visible: () => document.visibilityState === 'visible',
      shown: (first) => this.#shown(first),
    });
    this.#held = new HeldInput(this.#stream.webRtcController.streamMessageController.toStreamerHandlers);
    this.#held.watch(window, this.#gone.signal);
    // The library knows no cancelled touches: its fingers would stay down.
    this.#video.addEventListener('touchcancel', endTouches);
    this.#look = window.setInterval(() => this.#lookAround(), LOOK_ms);
    this.#stream.connect();
  }

  /** Frames shown since this player began. */
  get frames(): number {
    return this.#frameWatch.frames;
  }

  /** How long ago the last frame was shown (ms). */
  get stalledFor_ms(): number {
    return this.#frameWatch.stalledFor_ms;
  }

  get isStill(): boolean {
    return this.#frameWatch.isStill;
  }

  /** Plays what the browser did not start by itself: out of the viewer's own click, so that it may. */
  start(): void {
    this.#pausedSince_ms = null;
    this.#video.play().catch((reason: unknown) => this.#playRejected(reason));
    const audio = this.#stream.webRtcController.streamController.audioElement;
    if (!audio.muted && audio.srcObject !== null) this.#playSound(audio);
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
    if (!muted && audio.srcObject !== null) this.#playSound(audio);
  }

  /** Refused sound is no reason to stop a picture: the button that asks for it shows what is true. */
  #playSound(audio: HTMLMediaElement): void {
    audio.play().catch((reason: unknown) => {
      if (!this.#stopped && isRefusal(reason)) this.#listener.soundRefused();
    });
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
    this.#frameWatch.stop();
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
    if (this.frames === 0 || videoWidth === 0) return null;
    const still = document.createElement('canvas');
    [still.width, still.height] = [videoWidth, videoHeight];
    still.getContext('2d')?.drawImage(this.#video, 0, 0);
    return still;
  }

  #shown(first: boolean): void {
    if (first) this.#listener.firstFrame();
    this.#setBlocked(false);
  }

  #playRejected(reason: unknown): void {
    if (isRefusal(reason)) this.#setBlocked(true);
  }

  #setBlocked(blocked: boolean): void {
    if (this.#stopped || blocked === this.#blocked) return;
    this.#blocked = blocked;
    this.#listener.playBlocked(blocked);
  }

  /** Some browsers pause by themselves (a low battery, a tab that was away): asked once more, and if refused, the viewer is. */
  #startIfPaused(): void {
    const waits = this.#video.paused && this.#video.readyState > 0 && document.visibilityState === 'visible';
    if (!waits || this.#blocked) {
      this.#pausedSince_ms = null;
      return;
    }
    this.#pausedSince_ms ??= performance.now();
    if (performance.now() - this.#pausedSince_ms > PAUSED_ms) this.start();
  }

  #lookAround(): void {
    this.#frameWatch.look();
    this.#startIfPaused();
    if (this.isStill !== this.#wasStill) {
      this.#wasStill = this.isStill;
      this.#listener.stillChanged();
    }
    this.#lookAtPath();
  }

  #lookAtPath(): void {
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

/** Of the browser, for want of a click; anything else (a picture that went away meanwhile) asks nothing of anybody. */
function isRefusal(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'NotAllowedError';
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
