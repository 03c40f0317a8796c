import { Logger, LogLevel, SignallingProtocol, WebSocketTransport } from '@epicgames-ps/lib-pixelstreamingcommon-ue5.7';
import { beforeEach, describe, expect, it } from 'vitest';
import { SignallingTransport, STREAMER_ID } from '#player/player/signallingTransport';

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** Epic's own protocol and transport classes, with the listening half of its player. */
describe('the transport under Epic’s library', () => {
  let protocol: SignallingProtocol;
  let transport: SignallingTransport;
  let heard: string[];
  let toStreamer: string[];
  let thrownOut: string[];
  beforeEach(() => {
    Logger.InitLogging(LogLevel.Error, false);
    [heard, toStreamer, thrownOut] = [[], [], []];
    protocol = new SignallingProtocol(new WebSocketTransport());
    transport = new SignallingTransport(
      { iceServers: [{ urls: ['stun:a'] }], iceTransportPolicy: 'relay' },
      {
        toStreamer: (text) => toStreamer.push(text),
        thrownOut: (reason) => thrownOut.push(reason),
      },
    );
    transport.mount(protocol.transport);
    protocol.transport.on('message', (message: { type: string }) => heard.push(message.type));
    protocol.transport.on('open', () => protocol.sendMessage({ type: 'listStreamers' } as never));
    protocol.on('streamerList', (message: { ids: string[] }) =>
      protocol.sendMessage({ type: 'subscribe', streamerId: message.ids[0] } as never),
    );
    protocol.transport.on('close', (event: { code: number }) => heard.push(`close ${event.code}`));
  });

  it('greets as Epic’s server would, and opens no WebSocket', async () => {
    let ids: string[] = [];
    let ice: unknown;
    protocol.on('streamerList', (message: { ids: string[] }) => (ids = message.ids));
    protocol.on('config', (message: { peerConnectionOptions: unknown }) => (ice = message.peerConnectionOptions));
    protocol.connect('ws://nowhere');
    await settle();
    expect(heard).toEqual(['config', 'streamerList']);
    expect([ids, ice, protocol.isConnected()]).toEqual([
      [STREAMER_ID],
      { iceServers: [{ urls: ['stun:a'] }], iceTransportPolicy: 'relay' },
      true,
    ]);
    expect(toStreamer).toEqual([]);
  });

  it('holds an early offer until the library has subscribed', async () => {
    transport.fromStreamer('{"type":"offer","sdp":"v=0"}');
    transport.fromStreamer('{"type":"iceCandidate","candidate":{}}');
    expect(heard).toEqual([]);
    protocol.connect('');
    await settle();
    expect(heard).toEqual(['config', 'streamerList', 'offer', 'iceCandidate']);
  });

  it('passes answers and candidates on, and nothing else', async () => {
    protocol.connect('');
    await settle();
    for (const type of ['answer', 'iceCandidate', 'unsubscribe', 'layerPreference', 'stats']) protocol.sendMessage({ type } as never);
    expect(toStreamer.map((text) => (JSON.parse(text) as { type: string }).type)).toEqual(['answer', 'iceCandidate']);
  });

  it('answers the library’s pings itself', async () => {
    protocol.connect('');
    await settle();
    protocol.sendMessage({ type: 'ping', time: 42 } as never);
    await settle();
    expect(heard.at(-1)).toBe('pong');
  });

  it('lets nothing of the streamer through that the library must not hear', async () => {
    protocol.connect('');
    await settle();
    for (const text of ['{"type":"config"}', '{"type":"streamerList","ids":[]}', 'nonsense', '{"type":"offer"}'])
      transport.fromStreamer(text);
    expect(heard).toEqual(['config', 'streamerList', 'offer']);
  });

  it('closes for real when the streamer throws the player out', async () => {
    protocol.connect('');
    await settle();
    transport.fromStreamer('{"type":"disconnectPlayer","playerId":"1","reason":"bye"}');
    expect([heard.at(-1), thrownOut, protocol.isConnected()]).toEqual(['close 1011', ['bye'], false]);
  });

  it('connects once, however often it is asked', async () => {
    protocol.connect('');
    protocol.connect('');
    await settle();
    expect(heard.filter((type) => type === 'config')).toHaveLength(1);
  });
});
