/** Code + PKCE through Cognito's own page; tokens live in this tab's sessionStorage and nowhere else. */
import { ErrorResponse, UserManager, WebStorageStateStore, type User } from 'oidc-client-ts';
import type { PageConfig } from './config';
import { pageNamed, type Page } from './pages';
import { Problem } from '#player/api/problems';
import { groupsOf } from '#player/api/tokenClaims';

/** Renew this long before the token runs out, so that no call meets its end. */
const RENEW_BEFORE_s = 60;

/** Whose members may use the desk. The API asks for it too: hiding is kindness, not protection. */
const OPERATORS = 'operators';

export interface SignedIn {
  name: string;
  operator: boolean;
}

export class SignIn {
  readonly #config: PageConfig;
  readonly #page: Page;
  readonly #users: UserManager;
  #renewal: Promise<User | null> | null = null;

  constructor(config: PageConfig, page: Page) {
    this.#config = config;
    this.#page = page;
    this.#users = new UserManager({
      authority: config.authority,
      client_id: config.clientId,
      redirect_uri: config.redirectUri,
      response_type: 'code',
      scope: config.scope,
      // Given whole, so that nothing is fetched to discover it: Cognito serves discovery at another address than sign-in.
      metadata: config.metadata,
      userStore: new WebStorageStateStore({ store: sessionStorage }),
      stateStore: new WebStorageStateStore({ store: sessionStorage }),
      // Renewed when a call needs it instead: a timer does not survive a sleeping laptop.
      automaticSilentRenew: false,
      loadUserInfo: false,
      monitorSession: false,
    });
  }

  /** Finishes a redirect back from Cognito if this load is one, and says who is signed in. */
  async begin(): Promise<SignedIn | null> {
    const query = new URLSearchParams(location.search);
    if (query.has('state') && (query.has('code') || query.has('error'))) {
      await this.#finishRedirect();
    }
    return describe(await this.#users.getUser());
  }

  async start(): Promise<void> {
    // Cognito knows one way back, for all pages; the page that asked is remembered beside it.
    await this.#users.signinRedirect({ state: this.#page });
  }

  async signOut(): Promise<void> {
    await this.#users.removeUser();
    const endpoint = this.#config.metadata.end_session_endpoint;
    if (endpoint === undefined) return;
    // Cognito's logout takes client_id and logout_uri, not the parameters of OpenID Connect.
    const url = new URL(endpoint);
    url.searchParams.set('client_id', this.#config.clientId);
    url.searchParams.set('logout_uri', this.#config.redirectUri);
    location.assign(url);
  }

  /** The current access token, renewed when it is about to end (or when `fresh`); null when one must sign in again. */
  async accessToken(fresh = false): Promise<string | null> {
    const user = await this.#users.getUser();
    if (user === null) return null;
    const ending = (user.expires_in ?? 0) < RENEW_BEFORE_s;
    if (!ending && !fresh) return user.access_token;
    if (user.refresh_token === undefined) return ending ? null : user.access_token;
    this.#renewal ??= this.#renew();
    return (await this.#renewal)?.access_token ?? null;
  }

  async #renew(): Promise<User | null> {
    try {
      return await this.#users.signinSilent();
    } catch (error) {
      // Cognito said no: sign in again. Anything else is the network, and no reason to throw a player out.
      if (error instanceof ErrorResponse) return null;
      throw new Problem('unreachable');
    } finally {
      this.#renewal = null;
    }
  }

  async #finishRedirect(): Promise<void> {
    try {
      const page = pageNamed((await this.#users.signinCallback())?.state);
      if (page !== this.#page) return await leaveFor(page);
    } catch (error) {
      this.#forgetCode();
      throw error;
    }
    this.#forgetCode();
  }

  /** A reload must not present the code again. */
  #forgetCode(): void {
    history.replaceState(null, '', this.#page);
  }
}

/** Never comes back: nothing of this page may begin while it is being left. */
function leaveFor(page: Page): Promise<never> {
  location.replace(page);
  return new Promise(() => {});
}

function describe(user: User | null): SignedIn | null {
  if (user === null || (user.expired === true && user.refresh_token === undefined)) return null;
  const profile = user.profile;
  const name = profile.email ?? profile.preferred_username ?? profile['cognito:username'] ?? profile.name;
  const groups = profile['cognito:groups'] ?? groupsOf(user.access_token);
  return { name: typeof name === 'string' ? name : 'Signed in', operator: Array.isArray(groups) && groups.includes(OPERATORS) };
}
