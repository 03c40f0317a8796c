/** The texts of the desk, the operators' page; pure. */
import type { ReadingsState, PoolReading } from './readings';
import { list, texts, type DecisionView, type InstanceView, type PoolView } from './operatorViews';
import type { Problem } from '#player/api/problems';
import { elapsedText } from '../src/elements/elapsed';

export const SIGNED_OUT = 'The desk shows operators which instances run, what Greenroom decided and why. Please sign in.';
export const NOT_FOR_YOU =
  'This account is not allowed to use the desk. Ask an administrator of this service to add it to the operators, or sign in with another account.';

/** Every tile has a letter and a title beside its colour, so that nobody depends on colours. */
export const SLOT_LETTERS: Readonly<Record<string, string>> = { Free: 'F', Reserved: 'R', Streaming: 'S', Resetting: 'C', Retired: 'X' };
export const SLOT_WORDS: Readonly<Record<string, string>> = {
  Free: 'free',
  Reserved: 'reserved',
  Streaming: 'streaming',
  Resetting: 'being reset',
  Retired: 'retired',
};

/** Instances that need attention come first; terminated ones are not shown. */
const STATE_ORDER = ['Interrupted', 'Quarantined', 'Launching', 'Booting', 'Ready', 'Draining', 'Terminating', 'Stopped'];

export function inOrder(instances: readonly InstanceView[]): InstanceView[] {
  const order = (each: InstanceView): number => (STATE_ORDER.indexOf(each.state) + STATE_ORDER.length + 1) % (STATE_ORDER.length + 1);
  return instances
    .filter((each) => each.state !== 'Terminated')
    .sort((a, b) => order(a) - order(b) || a.launchedAt.localeCompare(b.launchedAt) || a.instanceId.localeCompare(b.instanceId));
}

const POLICY_WORDS: Readonly<Record<string, (value: number | string) => string>> = {
  alwaysOn: (value) => `always on ${value}`,
  targetIdle: (value) => `idle buffer ${value}`,
  maximum: (value) => `maximum ${value}`,
  warmInstances: (value) => `warm instances ${value}`,
  spotShare: (value) => `Spot up to ${value} %`,
  placement: (value) => `${value} placement`,
  scaleInAfter_s: (value) => `scale-in after ${elapsedText(Number(value) * 1000)}`,
  scaleInStep: (value) => `${value} a step at most`,
};

export function policyTexts(pool: PoolView): string[] {
  const known = Object.entries(POLICY_WORDS).filter(([name]) => name in pool.policy);
  return known.map(([name, say]) => say(pool.policy[name]!));
}

/** Their slots serve new sessions, now or soon; the others only keep what they have. */
const SERVING: readonly string[] = ['Launching', 'Booting', 'Ready'];
const HELD: readonly string[] = ['Reserved', 'Streaming'];

/** Slots of a pool as the demand bar shows them, in its order. `Coming` has no slot rows yet; `Leaving` are held on instances that go. */
export function slotCounts({ pool, instances }: PoolReading): [string, number][] {
  const serving = instances.filter((each) => SERVING.includes(each.state)).flatMap((each) => each.slots);
  const going = instances.filter((each) => !SERVING.includes(each.state)).flatMap((each) => each.slots);
  const counts = ['Streaming', 'Reserved', 'Free', 'Resetting'].map((state): [string, number] => [
    state,
    serving.filter((slot) => slot.state === state).length,
  ]);
  const there = counts.reduce((sum, [, count]) => sum + count, 0);
  return [...counts, ['Coming', Math.max(0, pool.supply - there)], ['Leaving', going.filter((slot) => HELD.includes(slot.state)).length]];
}

export const COUNT_WORDS: Readonly<Record<string, string>> = {
  ...SLOT_WORDS,
  Coming: 'on their way',
  Leaving: 'on instances being removed',
};
export const COUNT_LETTERS: Readonly<Record<string, string>> = { ...SLOT_LETTERS, Coming: '…', Leaving: '!' };

export function noInstanceText({ pool }: PoolReading): string {
  if (pool.halted !== null) return 'No instances are running, and none will be launched while the pool is halted.';
  return pool.wanted > 0 ? 'No instances are running yet.' : 'No instances are running. One will be launched when a viewer arrives.';
}

/** The pool in one sentence: is there enough, and if not, what is missing. */
export function demandText({ wanted, supply, queued, halted }: PoolView): string {
  const line = queued === 0 ? '' : ` ${counted(queued, 'viewer waits', 'viewers wait')} in line.`;
  if (supply < wanted) {
    return `${counted(wanted - supply, 'slot', 'slots')} short of the ${wanted} wanted${halted === null ? '' : ', and nothing is launched while the pool is halted'}.${line}`;
  }
  if (supply > wanted) return `${counted(supply - wanted, 'slot', 'slots')} more than the ${wanted} wanted.${line}`;
  return `${wanted === 1 ? 'The 1 wanted slot is' : `All ${wanted} wanted slots are`} running or on the way.${line}`;
}

const NOTICES: Readonly<Record<string, string>> = {
  spotInterruption: 'EC2 takes it back',
  rebalance: 'EC2 recommends moving away',
  instanceGone: 'EC2 stopped it without a request from Greenroom',
  silence: 'It stopped sending heartbeats',
};

/** `EC2 takes it back in 1:32`. */
export function noticeText(instance: InstanceView, now: number): string {
  if (instance.notice === null) return '';
  const { kind, at, endsAt } = instance.notice;
  const words = NOTICES[kind] ?? spaced(kind);
  if (endsAt === null) return `${words}, ${agoText(at, now)}`;
  const left_ms = Date.parse(endsAt) - now;
  return left_ms > 0 ? `${words} in ${elapsedText(left_ms)}` : `${words}: its time is up`;
}

/** `41 s ago`, `12 min ago`. */
export function agoText(at: string, now: number): string {
  const age_s = Math.max(0, Math.floor((now - Date.parse(at)) / 1000));
  if (Number.isNaN(age_s)) return '';
  if (age_s < 100) return `${age_s} s ago`;
  return age_s < 6000 ? `${Math.floor(age_s / 60)} min ago` : `${Math.floor(age_s / 3600)} h ago`;
}

export interface DecisionWords {
  title: string;
  details: string[];
  /** `grow`, `shrink`, `trouble` or `note`: for the mark beside it. */
  tone: string;
}

export function decisionWords({ kind, facts }: DecisionView): DecisionWords {
  const fact = (name: string): string => (typeof facts[name] === 'string' || typeof facts[name] === 'number' ? String(facts[name]) : '');
  const who = fact('operator') || fact('by');
  const by = who === '' ? '' : ` by ${who}`;
  const refusals = grouped(refusalsOf(facts)).map((refusal) => `refused: ${refusal}`);
  switch (kind) {
    case 'PoolPlanned':
      return planWords(facts);
    case 'InstanceLaunched':
      return {
        title: `${counted(texts(facts.instanceIds).length, 'instance', 'instances')} launched, ${fact('market') || 'market unknown'}`,
        details: [...texts(facts.instanceIds), ...refusals],
        tone: 'grow',
      };
    case 'LaunchFailed':
      return {
        title: 'A launch failed',
        details: [
          fact('reason'),
          fact('fault'),
          ...refusals,
          fact('rest_s') === '' ? '' : `next launch in ${fact('rest_s')} s at the earliest`,
        ].filter(Boolean),
        tone: 'trouble',
      };
    case 'PoolHalted':
      return { title: `Halted${by}`, details: [fact('reason')].filter(Boolean), tone: 'trouble' };
    case 'PoolResumed':
      return { title: `Resumed${by}`, details: [], tone: 'grow' };
    case 'PoolConfigured':
      return { title: `Policy changed${by}`, details: [], tone: 'note' };
    case 'InstanceDrained':
      return { title: `Draining ${fact('instanceId')}${by}`, details: [], tone: 'shrink' };
    case 'InstanceUndrained':
      return { title: `Drain of ${fact('instanceId')} undone${by}`, details: [], tone: 'grow' };
  }
  const plain = Object.entries(facts).filter(([, value]) => ['string', 'number'].includes(typeof value));
  return { title: spaced(kind), details: plain.map(([name, value]) => `${spaced(name).toLowerCase()}: ${String(value)}`), tone: 'note' };
}

/** `InsufficientInstanceCapacity g5.xlarge#subnet-0a1b2c3d#spot`: what EC2 said in every attempt; of some it names no offering. */
function refusalsOf(facts: DecisionView['facts']): string[] {
  const refusals = list(facts.attempts).flatMap((attempt) => list(attempt.refusals));
  return refusals.map(({ code, offering }) => [code, offering].filter((part) => typeof part === 'string').join(' '));
}

function planWords(facts: DecisionView['facts']): DecisionWords {
  const [launches, starts, stops, retirements] = ['launches', 'starts', 'stops', 'retirements'].map((name) => texts(facts[name]));
  const done = [
    [launches, 'launch'],
    [starts, 'start'],
    [stops, 'stop'],
    [retirements, 'retire'],
  ] as const;
  const acts = done.filter(([items]) => items!.length > 0).map(([items, verb]) => `${verb} ${items!.length}`);
  const title = acts.length === 0 ? 'Planned: nothing to do' : `Planned: ${acts.join(', ')}`;
  const numbers = `wanted ${String(facts.wanted ?? '?')}, running or on the way ${String(facts.supply ?? '?')}`;
  const reasons = done.flatMap(([items]) => grouped(items!));
  const refused = grouped(texts(facts.rejected)).map((each) => `not done: ${each}`);
  const grows = launches!.length + starts!.length > 0;
  return { title, details: [numbers, ...reasons, ...refused], tone: grows ? 'grow' : acts.length > 0 ? 'shrink' : 'note' };
}

/** What a screen reader is told when it changes: only what needs attention. */
export function deskAnnouncement(state: ReadingsState): string {
  if (state.pools === null) return state.problem === null ? 'The desk.' : `The desk. ${problemText(state.problem)}`;
  const said = state.pools.flatMap(attention);
  return `The desk. ${said.length === 0 ? 'Nothing needs attention.' : said.join(' ')}${state.problem === null ? '' : ` ${problemText(state.problem)}`}`;
}

function attention({ pool, instances }: PoolReading): string[] {
  const lost = instances.filter((each) => ['Interrupted', 'Quarantined'].includes(each.state)).length;
  return [
    pool.halted === null ? '' : `${pool.poolId} is halted.`,
    lost === 0 ? '' : `${pool.poolId}: ${counted(lost, 'instance is', 'instances are')} being lost.`,
    pool.queued === 0 ? '' : `${pool.poolId}: viewers wait in line.`,
  ].filter(Boolean);
}

/** The API's own words where it gave any, because operators can act on them. */
export function problemText(problem: Problem): string {
  return problem.told === null ? problem.message : sentence(problem.told);
}

/** Equal lines once, with how often. */
function grouped(lines: readonly string[]): string[] {
  const times = new Map<string, number>();
  for (const line of lines) times.set(line.trim(), (times.get(line.trim()) ?? 0) + 1);
  return [...times].map(([line, count]) => (count === 1 ? line : `${count} × ${line}`));
}

function counted(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** `LaunchFailed` → `Launch failed`. */
function spaced(name: string): string {
  const words = name
    .replace(/_s$/, '')
    .replace(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** An id at the beginning (`i-0abc is …`) stays as it is written. */
function sentence(text: string): string {
  const capital = /^[a-z]+[ ,.]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}
