/** What an access token says of its owner: read, not verified. It decides what is shown, never what may be done. */
import { isRecord } from './sessionView';

const TENANT = /^tenant-(.+)$/;

export function groupsOf(token: string): string[] {
  const groups = claimsOf(token)['cognito:groups'];
  return Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [];
}

/** The groups that name a tenant (the API admits whoever is in exactly one); null for what is no token at all. */
export function tenantGroupsOf(token: string): string[] | null {
  return 'sub' in claimsOf(token) ? groupsOf(token).filter((group) => TENANT.test(group)) : null;
}

function claimsOf(token: string): Record<string, unknown> {
  try {
    const payload = token.split('.')[1] ?? '';
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    return isRecord(claims) ? claims : {};
  } catch {
    return {};
  }
}
