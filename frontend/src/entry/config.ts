/** What the page must know about the place it is served from; read from `/config.json` at start, never built in. */
import { isRecord } from '#player/api/sessionView';

export interface PageConfig {
  authority: string;
  clientId: string;
  redirectUri: string;
  scope: string;
  applicationId: string;
  apiBase: string;
  socketPath: string;
  /** How long one Viewer socket lives at most before the page renews it. */
  socketLifetime_s: number;
  productName: string;
  metadata: {
    issuer: string;
    authorization_endpoint: string;
    token_endpoint: string;
    end_session_endpoint?: string;
    jwks_uri?: string;
  };
}

/** API Gateway closes a socket after 2 h, whatever it does; we go first. */
const SOCKET_LIFETIME_s = 115 * 60;

export class ConfigError extends Error {}

/** Raises: ConfigError, in words an operator can act on. */
export async function loadConfig(fetcher: typeof fetch = fetch): Promise<PageConfig> {
  let response: Response;
  try {
    response = await fetcher('/config.json', { cache: 'no-store' });
  } catch {
    throw new ConfigError('This page could not reach its own server. Check your connection and reload.');
  }
  if (!response.ok) throw new ConfigError(`This page has no settings yet (/config.json answered ${response.status}).`);
  const body: unknown = await response.json().catch(() => null);
  return parseConfig(body, location.origin);
}

export function parseConfig(value: unknown, origin: string): PageConfig {
  if (!isRecord(value)) throw new ConfigError('The settings of this page (/config.json) are not an object.');
  const metadata = value.metadata;
  if (!isRecord(metadata)) throw new ConfigError('The settings of this page (/config.json) lack “metadata”.');
  return {
    authority: required(value, 'authority'),
    clientId: required(value, 'clientId'),
    redirectUri: optional(value, 'redirectUri') ?? `${origin}/`,
    scope: optional(value, 'scope') ?? 'openid',
    applicationId: required(value, 'applicationId'),
    apiBase: optional(value, 'apiBase') ?? '/api',
    socketPath: optional(value, 'socketPath') ?? '/socket',
    socketLifetime_s: seconds(value, 'socketLifetime_s') ?? SOCKET_LIFETIME_s,
    productName: optional(value, 'productName') ?? 'Greenroom',
    metadata: {
      issuer: required(metadata, 'issuer'),
      authorization_endpoint: required(metadata, 'authorization_endpoint'),
      token_endpoint: required(metadata, 'token_endpoint'),
      end_session_endpoint: optional(metadata, 'end_session_endpoint'),
      jwks_uri: optional(metadata, 'jwks_uri'),
    },
  };
}

function required(record: Record<string, unknown>, field: string): string {
  const value = optional(record, field);
  if (value === undefined) throw new ConfigError(`The settings of this page (/config.json) lack “${field}”.`);
  return value;
}

function seconds(record: Record<string, unknown>, field: string): number | undefined {
  const value = record[field];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value > 0) return value;
  throw new ConfigError(`“${field}” of this page’s settings (/config.json) must be a number of seconds above 0.`);
}

function optional(record: Record<string, unknown>, field: string): string | undefined {
  const value = record[field];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
