/** The top of every page: whose it is, where else one may go, who is signed in. */
import { button, el, lampMark, setText } from './dom';
import type { View } from './view';

export interface HeaderModel {
  productName: string;
  /** null while nobody is signed in. */
  userName: string | null;
}

export function createHeader(signOut: () => void, ...links: HTMLElement[]): View<HeaderModel> {
  const name = el('span', { class: 'wordmark' });
  const user = el('span', { class: 'user' });
  const out = button('Sign out', 'sign-out', 'link', signOut);
  return {
    element: el('header', { class: 'header' }, lampMark(), name, el('span', { class: 'bar-space' }), ...links, user, out),
    update({ productName, userName }: HeaderModel): void {
      setText(name, productName);
      setText(user, userName ?? '');
      user.hidden = out.hidden = userName === null;
    },
  };
}
