/** What is shown when the page cannot even begin: no settings, or a sign-in that went wrong. */
import { ConfigError } from './config';
import type { Page } from './pages';
import { Problem } from '#player/api/problems';
import { button, el } from '../elements/dom';

export function showStartFailure(root: HTMLElement, announcer: HTMLElement, page: Page, error: unknown): void {
  const known = error instanceof ConfigError || error instanceof Problem;
  const text = known ? error.message : 'Signing in did not work. Nothing was lost; please start again.';
  const again = button('Start again', 'start-again', 'primary', () => location.assign(page));
  const lead = el('p', { class: 'lead', 'data-testid': 'error-text' }, text);
  const card = el('div', { class: 'card' }, el('h1', {}, 'Something went wrong'), lead, el('div', { class: 'actions' }, again));
  root.replaceChildren(el('main', {}, el('section', { class: 'view closing', 'data-testid': 'error' }, card)));
  announcer.dataset.state = 'failed';
  announcer.textContent = text;
}
