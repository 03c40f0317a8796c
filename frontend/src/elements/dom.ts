/** The few lines of DOM building that every view needs. */

type Child = Node | string | null;
type Attributes = Record<string, string | boolean | ((event: Event) => void)>;

/** `on…` attributes are listeners; `true` is an attribute without a value, `false` none. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Writes only what changed, so that a screen reader is not told the same thing every second. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A button that gives its focus back when pressed by mouse: keys belong to the picture, and Space would press it again. */
export function button(label: string, testId: string, kind: string, press: () => void): HTMLButtonElement {
  const made = el('button', { type: 'button', class: `button ${kind}`, 'data-testid': testId }, label);
  made.addEventListener('click', (event) => {
    if (event.detail > 0) made.blur();
    press();
  });
  return made;
}

/** Leads to another page, and looks like a button. */
export function linkTo(address: string, label: string, testId: string, kind: string): HTMLAnchorElement {
  return el('a', { href: address, class: `button ${kind}`, 'data-testid': testId }, label);
}

export function lampMark(): HTMLElement {
  return el('span', { class: 'lamp', 'aria-hidden': 'true' });
}
