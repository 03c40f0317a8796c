// A fleet to look at: three moments of two pools, answered as the operators' API would. Drain, halt and resume work on it.
const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
const policy = (fields) => ({
  alwaysOn: 0,
  targetIdle: 4,
  maximum: 40,
  warmInstances: 2,
  scaleInAfter_s: 600,
  scaleInStep: 10,
  spotShare: 100,
  placement: 'packed',
  ...fields,
});

let ids = 0;
function instance(state, slots, fields = {}) {
  const instanceId = `i-0${(0x7a3f19c0d2b4e + ++ids * 0x9e3779b1).toString(16)}`;
  return {
    instanceId,
    poolId: 'northern-lights',
    state,
    statusReason: null,
    market: 'spot',
    instanceType: 'g5.xlarge',
    zone: `us-east-1${'abc'[ids % 3]}`,
    launchedAt: ago(9000 - ids * 7),
    readyAt: ago(800),
    notice: null,
    slots: [...slots].map((letter, index) => ({
      slotId: `${instanceId}.${index + 1}`,
      number: index + 1,
      sessionId: 'RS'.includes(letter) ? `ses-${'k3v9x2m7q'.repeat(3).slice(0, 26)}` : null,
      state: { F: 'Free', R: 'Reserved', S: 'Streaming', C: 'Resetting', X: 'Retired' }[letter],
    })),
    ...fields,
  };
}
const refused = (...offerings) => ({
  refusals: offerings.map((offering) => ({ offering, code: 'InsufficientInstanceCapacity', kind: 'capacity' })),
});

const planned = (at, wanted, supply, fields) => ({
  at: ago(at),
  kind: 'PoolPlanned',
  wanted,
  supply,
  launches: [],
  starts: [],
  stops: [],
  retirements: [],
  rejected: [],
  ...fields,
});

const MOMENTS = {
  calm: () => ({
    instances: [
      instance('Ready', 'SSFF'),
      instance('Ready', 'SFFS', { market: 'on-demand', instanceType: 'g6.xlarge' }),
      instance('Ready', 'FSCF'),
      instance('Stopped', '', { market: 'on-demand' }),
    ],
    wanted: 9,
    supply: 12,
    queued: 0,
    decisions: [
      planned(48, 9, 12, { rejected: ['retire i-07a3f19cfeb79ff: the surplus is younger than the back-off'] }),
      { at: ago(900), kind: 'InstanceLaunched', launchId: 'lch-1', market: 'spot', instanceIds: ['i-07a3f19cfeb79ff'], attempts: [] },
      { at: ago(4000), kind: 'PoolConfigured', operator: 'u-ops' },
    ],
  }),
  interruption: () => ({
    instances: [
      instance('Interrupted', 'SSSR', {
        statusReason: 'spotInterruption',
        notice: { kind: 'spotInterruption', at: ago(23), endsAt: ago(-97) },
      }),
      instance('Interrupted', 'XXSX', {
        statusReason: 'spotInterruption',
        notice: { kind: 'spotInterruption', at: ago(61), endsAt: ago(-59) },
      }),
      instance('Quarantined', 'SX', { statusReason: 'silence', notice: { kind: 'silence', at: ago(50), endsAt: null } }),
      instance('Launching', '', { launchedAt: ago(8), readyAt: null }),
      instance('Booting', 'CCCC', { launchedAt: ago(44), readyAt: null, market: 'on-demand' }),
      instance('Ready', 'RRSS'),
      instance('Ready', 'SSFR', { market: 'on-demand' }),
      instance('Draining', 'SX', { statusReason: 'operatorDrain' }),
      instance('Draining', 'SSX', { statusReason: 'rebalance', notice: { kind: 'rebalance', at: ago(300), endsAt: null } }),
      instance('Terminating', 'XX', { statusReason: 'spotInterruption' }),
    ],
    wanted: 22,
    supply: 16,
    queued: 3,
    decisions: [
      planned(7, 22, 12, {
        launches: Array(2).fill('10 slots lacking of 22 wanted'),
        starts: ['i-0aa: 10 slots lacking of 22 wanted'],
        rejected: ['launch 1 more: the maximum of the pool', 'spot g5.xlarge us-east-1a: rests 2 min after InsufficientInstanceCapacity'],
      }),
      {
        at: ago(8),
        kind: 'InstanceLaunched',
        launchId: 'lch-9',
        market: 'on-demand',
        instanceIds: ['i-07a3f1a5e2f1c3d'],
        attempts: [refused('g5.xlarge#subnet-0a#spot', 'g6.xlarge#subnet-0a#spot')],
      },
      { at: ago(23), kind: 'InstanceNoticed', instanceId: 'i-07a3f1a1b2b3c4', noticeKind: 'spotInterruption' },
      {
        at: ago(70),
        kind: 'LaunchFailed',
        launchId: 'lch-8',
        reason: '4 slots lacking of 20 wanted',
        attempts: [refused('g5.xlarge#subnet-0b#spot')],
        rest_s: 30,
      },
      { at: ago(200), kind: 'InstanceDrained', operator: 'u-ops', instanceId: 'i-07a3f1abcdef' },
    ],
  }),
  scaleOut: () => ({
    instances: [...Array(4)]
      .map(() => instance('Ready', 'SSSS'))
      .concat([...Array(5)].map((_, each) => instance('Booting', 'CCCC', { launchedAt: ago(20 + each), readyAt: null })))
      .concat([...Array(3)].map(() => instance('Launching', '', { launchedAt: ago(4), readyAt: null }))),
    wanted: 40,
    supply: 40,
    queued: 14,
    decisions: [
      planned(3, 40, 36, { launches: ['4 slots lacking of 40 wanted'], rejected: ['launch 2 more: the maximum of the pool'] }),
      planned(21, 36, 16, { launches: Array(5).fill('20 slots lacking of 36 wanted') }),
    ],
  }),
};

export function createFleet() {
  let moment = MOMENTS.calm();
  let halted = null;
  const count = (name) => moment.instances.flatMap((each) => each.slots).filter((slot) => slot.state === name).length;
  const view = () => ({
    poolId: 'northern-lights',
    applicationId: 'demo',
    policy: policy(),
    instanceTypes: ['g5.xlarge', 'g6.xlarge'],
    markets: ['spot', 'on-demand'],
    halted,
    instances: {},
    slots: Object.fromEntries(['Free', 'Reserved', 'Streaming', 'Resetting', 'Retired'].map((name) => [name.toLowerCase(), count(name)])),
    queued: moment.queued,
    demand: { wanted: moment.wanted, supply: moment.supply },
    events: [{ eventId: 'evt-1', slots: 30, left: 12 }],
  });
  const quiet = {
    poolId: 'quiet',
    applicationId: 'null',
    policy: policy({ targetIdle: 0, maximum: 8, warmInstances: 0 }),
    instanceTypes: ['g4dn.xlarge'],
    markets: ['spot'],
    halted: { reason: 'the image never registers; see ticket 4711', at: ago(1200), by: 'breaker' },
    instances: {},
    slots: {},
    queued: 0,
    demand: { wanted: 2, supply: 0 },
    events: [],
  };
  const problem = (status, type, detail) => [status, { type: `https://greenroom.dev/problems/${type}`, title: type, status, detail }];

  function drain(method, id) {
    const found = moment.instances.find((each) => each.instanceId === id);
    if (!found) return problem(404, 'not-found', id);
    if (method === 'POST' && id === moment.stubborn) return problem(409, 'conflict', `${id} is Terminating: it is on its way out`);
    Object.assign(found, method === 'POST' ? { state: 'Draining', statusReason: 'operatorDrain' } : { state: 'Ready', statusReason: null });
    return [method === 'POST' ? 202 : 200, found];
  }
  return {
    play({ moment: name, halt, stubborn }) {
      if (name) moment = MOMENTS[name]();
      if (halt !== undefined) halted = halt;
      if (stubborn) moment.stubborn = moment.instances.find((each) => each.state === 'Ready').instanceId;
    },
    answer(method, path, body) {
      const [, route, id, act] = /^\/(pools|instances)(?:\/([^/]+)(?:\/(\w+))?)?$/.exec(path);
      if (route === 'instances') return drain(method, id);
      if (!id) return [200, { pools: [view(), quiet] }];
      const own = id === 'northern-lights';
      if (act === 'instances') return [200, { instances: own ? moment.instances : [] }];
      if (act === 'decisions') return [200, { decisions: own ? moment.decisions : [] }];
      if (act === 'halt') halted = { reason: body.reason, at: ago(0), by: 'ada' };
      if (act === 'resume') halted = null;
      return [200, view()];
    },
  };
}
