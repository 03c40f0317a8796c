/**
 * Keeps an element above everything else on the page, the browser's full screen included: in its top layer. A place in
 * the document or a z-index is not enough, because what is added to the player later may lie above it.
 */

export interface TopLayer {
  /** Shows or hides the element; it must be in the document by then. */
  show(shown: boolean): void;
}

/** The element is shown by `data-open`, so that a browser without popovers shows it as well, by its z-index. */
export function createTopLayer(element: HTMLElement): TopLayer {
  const hasPopovers = 'showPopover' in element;
  if (hasPopovers) element.popover = 'manual';
  // What goes full screen is put on top of the top layer: whoever wants to stay above it must come again.
  document.addEventListener('fullscreenchange', () => {
    if (!hasPopovers || !element.matches(':popover-open')) return;
    element.hidePopover();
    element.showPopover();
  });
  return {
    show(shown: boolean): void {
      const visible = shown && element.isConnected;
      element.dataset.open = String(visible);
      if (hasPopovers && visible !== element.matches(':popover-open')) element.togglePopover(visible);
    },
  };
}
