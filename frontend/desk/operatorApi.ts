/** The operator's part of the HTTP API that the desk uses. The API itself asks for the group `operators`. */
import type { Api } from '#player/api/api';
import { list, parseDecision, parseInstance, parsePool, type DecisionView, type InstanceView, type PoolView } from './operatorViews';
import { isRecord } from '#player/api/sessionView';

const DECISIONS = 20;

export class OperatorApi {
  readonly #api: Pick<Api, 'call'>;

  constructor(api: Pick<Api, 'call'>) {
    this.#api = api;
  }

  async listPools(): Promise<PoolView[]> {
    return listed(await this.#api.call('GET', '/pools'), 'pools').map(parsePool);
  }

  async listInstances(poolId: string): Promise<InstanceView[]> {
    return listed(await this.#api.call('GET', `${poolPath(poolId)}/instances`), 'instances').map(parseInstance);
  }

  /** Newest first. */
  async listDecisions(poolId: string): Promise<DecisionView[]> {
    return listed(await this.#api.call('GET', `${poolPath(poolId)}/decisions?limit=${DECISIONS}`), 'decisions').map(parseDecision);
  }

  async halt(poolId: string, reason: string): Promise<void> {
    await this.#api.call('POST', `${poolPath(poolId)}/halt`, { reason });
  }

  async resume(poolId: string): Promise<void> {
    await this.#api.call('POST', `${poolPath(poolId)}/resume`);
  }

  async drain(instanceId: string): Promise<void> {
    await this.#api.call('POST', drainPath(instanceId));
  }

  async undrain(instanceId: string): Promise<void> {
    await this.#api.call('DELETE', drainPath(instanceId));
  }
}

function poolPath(poolId: string): string {
  return `/pools/${encodeURIComponent(poolId)}`;
}

function drainPath(instanceId: string): string {
  return `/instances/${encodeURIComponent(instanceId)}/drain`;
}

function listed(body: unknown, name: string): Record<string, unknown>[] {
  return isRecord(body) ? list(body[name]) : [];
}
