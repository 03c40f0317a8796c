import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Readings, type PoolSource, type PoolReading } from '../../desk/readings';
import { OperatorApi } from '../../desk/operatorApi';
import { parseDecision, parseInstance, parsePool, type InstanceView } from '../../desk/operatorViews';
import { Problem, problemOf } from '#player/api/problems';
import {
  agoText,
  deskAnnouncement,
  decisionWords,
  demandText,
  inOrder,
  noInstanceText,
  noticeText,
  policyTexts,
  problemText,
  slotCounts,
} from '../../desk/words';

const NOW = Date.parse('2026-01-31T12:00:00Z');
const policy = { alwaysOn: 0, targetIdle: 2, maximum: 12, placement: 'packed' };
const pool = (fields: object = {}) =>
  parsePool({ poolId: 'demo', policy, slots: {}, demand: { wanted: 8, supply: 6 }, queued: 1, ...fields });
const HALTED = { reason: 'ticket 7', at: '2026-01-31T11:00:00Z', by: 'ada' };
const instance = (state: string, letters = '', fields: object = {}): InstanceView =>
  parseInstance({
    instanceId: `i-${state}`,
    state,
    launchedAt: '2026-01-31T11:00:00Z',
    market: 'spot',
    slots: [...letters].map((letter, index) => ({
      slotId: `s.${index}`,
      number: index + 1,
      state: { F: 'Free', S: 'Streaming', R: 'Reserved', X: 'Retired' }[letter],
    })),
    ...fields,
  });
const reading = (fields: object, instances: InstanceView[] = []): PoolReading => ({ pool: pool(fields), instances, decisions: [] });
const decided = (kind: string, facts: object) => decisionWords(parseDecision({ at: '2026-01-31T11:59:00Z', kind, ...facts }));
/** What the control plane writes down: its own sample of the kind. */
const sampled = (kind: string): object => JSON.parse(readFileSync(`../events/journal/samples/${kind}.json`, 'utf8'));

describe('pools, instances and decisions as the API gives them', () => {
  it('is nothing where something is missing, never an error', () => {
    for (const odd of [undefined, null, 7, [], 'x']) {
      expect(parsePool(odd)).toMatchObject({ poolId: '', halted: null, queued: 0, wanted: 0, events: [] });
      expect(parseInstance(odd)).toMatchObject({ instanceId: '', notice: null, slots: [] });
      expect(parseDecision(odd)).toEqual({ at: '', kind: '', facts: {} });
    }
  });

  it('is asked for with ids that cannot leave their place in the address', async () => {
    const calls: unknown[][] = [];
    const api = new OperatorApi({
      call: async (...call: unknown[]) => {
        calls.push(call);
        return { pools: [{ poolId: 'a' }, 7], decisions: null };
      },
    });
    expect((await api.listPools()).map((each) => each.poolId)).toEqual(['a']);
    expect(await api.listDecisions('a/b')).toEqual([]);
    await api.halt('a', 'why');
    await api.drain('i-1');
    await api.undrain('i-1');
    expect(calls).toEqual([
      ['GET', '/pools'],
      ['GET', '/pools/a%2Fb/decisions?limit=20'],
      ['POST', '/pools/a/halt', { reason: 'why' }],
      ['POST', '/instances/i-1/drain'],
      ['DELETE', '/instances/i-1/drain'],
    ]);
  });
});

describe('the desk', () => {
  class Reader implements PoolSource {
    reads = 0;
    fail: Error | null = null;
    hold: Promise<void> = Promise.resolve();
    listPools = async () => {
      this.reads += 1;
      await this.hold;
      if (this.fail !== null) throw this.fail;
      return [pool()];
    };
    listInstances = () => Promise.resolve([instance('Ready', 'F')]);
    listDecisions = () => Promise.resolve([]);
  }
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

  it('reads every 2 s, never two at a time', async () => {
    let now = 0;
    const reader = new Reader();
    const desk = new Readings(reader, () => now);
    let release = (): void => {};
    reader.hold = new Promise((resolve) => (release = resolve));
    for (now = 0; now < 9000; now += 1000) desk.tick();
    expect(reader.reads).toBe(1);
    release();
    await settle();
    for (const until = now + 10_000; now < until; now += 1000) {
      desk.tick();
      await settle();
    }
    expect([reader.reads, desk.state.pools?.[0]?.instances.length]).toEqual([6, 1]);
  });

  it('keeps the last good reading when one fails, and says so', async () => {
    const reader = new Reader();
    const desk = new Readings(reader, () => 5);
    await desk.read();
    reader.fail = new Problem('unreachable');
    await desk.read();
    expect([desk.state.pools?.length, desk.state.readAt, desk.state.problem?.kind]).toEqual([1, 5, 'unreachable']);
    reader.fail = new TypeError('odd');
    await desk.read();
    expect(desk.state.problem?.kind).toBe('serverError');
    reader.fail = null;
    await desk.read();
    expect(desk.state.problem).toBe(null);
  });

  it('looks once more when something was done while it was reading', async () => {
    const reader = new Reader();
    const desk = new Readings(reader, () => 5);
    await Promise.all([desk.read(), desk.read(), desk.read()]);
    expect(reader.reads).toBe(2);
  });
});

describe('the words of the desk', () => {
  it('say whether there is enough', () => {
    expect(demandText(pool())).toBe('2 slots short of the 8 wanted. 1 viewer waits in line.');
    expect(demandText(pool({ halted: HALTED, queued: 0 }))).toBe(
      '2 slots short of the 8 wanted, and nothing is launched while the pool is halted.',
    );
    expect(demandText(pool({ demand: { wanted: 8, supply: 8 }, queued: 3 }))).toBe(
      'All 8 wanted slots are running or on the way. 3 viewers wait in line.',
    );
    expect(demandText(pool({ demand: { wanted: 2, supply: 3 }, queued: 0 }))).toBe('1 slot more than the 2 wanted.');
    expect(policyTexts(pool())).toEqual(['always on 0', 'idle buffer 2', 'maximum 12', 'packed placement']);
  });

  it('count what serves, what is on its way, and who plays on instances that go', () => {
    const counts = slotCounts(
      reading({ demand: { wanted: 8, supply: 6 } }, [instance('Ready', 'SSF'), instance('Interrupted', 'SRX'), instance('Launching')]),
    );
    expect(Object.fromEntries(counts)).toEqual({ Streaming: 2, Reserved: 0, Free: 1, Resetting: 0, Coming: 3, Leaving: 2 });
  });

  it('put first what needs eyes, and leave out what is gone', () => {
    const states = ['Ready', 'Terminated', 'Stopped', 'Later', 'Interrupted', 'Booting', 'Draining'];
    expect(inOrder(states.map((state) => instance(state))).map((each) => each.state)).toEqual([
      'Interrupted',
      'Booting',
      'Ready',
      'Draining',
      'Stopped',
      'Later',
    ]);
  });

  it('count down a notice', () => {
    const noticed = (kind: string, endsAt: string | null) =>
      noticeText(instance('Interrupted', '', { notice: { kind, at: '2026-01-31T11:59:30Z', endsAt } }), NOW);
    expect(noticed('spotInterruption', '2026-01-31T12:01:32Z')).toBe('EC2 takes it back in 1:32');
    expect(noticed('spotInterruption', '2026-01-31T11:59:59Z')).toBe('EC2 takes it back: its time is up');
    expect(noticed('silence', null)).toBe('It stopped sending heartbeats, 30 s ago');
    expect(noticeText(instance('Ready'), NOW)).toBe('');
    expect(['2026-01-31T11:30:00Z', '2026-01-31T02:00:00Z', 'never'].map((at) => agoText(at, NOW))).toEqual(['30 min ago', '10 h ago', '']);
  });

  it('tell a plan with its reasons and what was not done, equal lines once', () => {
    const plan = decided('PoolPlanned', {
      wanted: 8,
      supply: 2,
      launches: ['6 lacking', '6 lacking'],
      starts: ['i-1: 6 lacking'],
      retirements: [],
      rejected: ['launch 1 more: the maximum'],
    });
    expect(plan).toEqual({
      title: 'Planned: launch 2, start 1',
      tone: 'grow',
      details: ['wanted 8, running or on the way 2', '2 × 6 lacking', 'i-1: 6 lacking', 'not done: launch 1 more: the maximum'],
    });
    expect(decided('PoolPlanned', { wanted: 1, supply: 3, retirements: ['i-1: 2 too many'] })).toMatchObject({
      title: 'Planned: retire 1',
      tone: 'shrink',
    });
    expect(decided('PoolPlanned', { rejected: [] }).title).toBe('Planned: nothing to do');
  });

  it('tell every other decision, also one this page does not know', () => {
    const refused = ['refused: InsufficientInstanceCapacity g5.xlarge#subnet-0a1b2c3d#spot', 'refused: UnfulfillableCapacity'];
    expect(decided('InstanceLaunched', sampled('InstanceLaunched'))).toMatchObject({
      title: '1 instance launched, on-demand',
      details: ['i-0123456789abcdef0', ...refused],
    });
    expect(decided('LaunchFailed', sampled('LaunchFailed'))).toMatchObject({
      details: ['Ec2.Ec2Exception', "The image id 'ami-0123' does not exist", ...refused, 'next launch in 31.4 s at the earliest'],
      tone: 'trouble',
    });
    expect(decided('PoolHalted', { operator: 'ada', reason: 'why' })).toMatchObject({ title: 'Halted by ada', details: ['why'] });
    expect(decided('PoolHalted', { by: 'greenroom', reason: 'why' }).title).toBe('Halted by greenroom');
    expect(decided('MassSilenceSeen', { instances: 4, nested: {} })).toMatchObject({
      title: 'Mass silence seen',
      details: ['instances: 4'],
      tone: 'note',
    });
  });

  it('announce only what needs attention', () => {
    const desk = (...pools: PoolReading[]) => deskAnnouncement({ pools, readAt: 0, problem: null });
    expect(desk(reading({ queued: 0 }))).toBe('The desk. Nothing needs attention.');
    expect(desk(reading({ halted: HALTED }, [instance('Interrupted')]))).toBe(
      'The desk. demo is halted. demo: 1 instance is being lost. demo: viewers wait in line.',
    );
    expect([noInstanceText(reading({ halted: HALTED })), noInstanceText(reading({}))]).toEqual([
      'No instances are running, and none will be launched while the pool is halted.',
      'No instances are running yet.',
    ]);
  });

  it('pass on the API’s own words', () => {
    expect(problemText(problemOf(409, { type: 'x/conflict', detail: 'i-1 is Terminating: it is on its way out' }))).toBe(
      'i-1 is Terminating: it is on its way out.',
    );
    expect(problemText(problemOf(400, { type: 'x/invalid-field', detail: 'reason must be given' }))).toBe('Reason must be given.');
    expect(problemText(new Problem('unreachable'))).toContain('cannot be reached');
    expect(problemOf(409, { type: 'x/conflict', detail: 'inner words' }).message).not.toContain('inner words');
  });
});
