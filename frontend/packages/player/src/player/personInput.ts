/** Hears every input of a person on this page, whoever else it is meant for. */

const EVENTS = ['keydown', 'pointerdown', 'wheel', 'touchstart', 'touchmove'] as const;
/** Gamepads tell nothing by themselves. */
const LOOK_ms = 250;

export function watchPersonInput(heard: () => void): void {
  const options = { capture: true, passive: true };
  for (const type of EVENTS) window.addEventListener(type, (event) => event.isTrusted && heard(), options);
  let place = '';
  window.addEventListener(
    'pointermove',
    ({ isTrusted, screenX, screenY }) => {
      // A browser may tell of a move when only the page moved beneath a mouse that lies still.
      const moved = `${screenX} ${screenY}`;
      if (isTrusted && moved !== place) heard();
      place = moved;
    },
    options,
  );
  let gamepads = gamepadsNow();
  setInterval(() => {
    const now = gamepadsNow();
    if (now !== gamepads && gamepads !== '') heard();
    gamepads = now;
  }, LOOK_ms);
}

/** Buttons, and sticks in quarters: one that lies on the table is never quite still. */
export function gamepadsNow(pads: readonly (Gamepad | null)[] = navigator.getGamepads?.() ?? []): string {
  return pads
    .filter((pad) => pad !== null)
    .map((pad) => [...pad.buttons.map((button) => Number(button.pressed)), ...pad.axes.map((axis) => Math.round(axis * 2) + 0)].join())
    .join(';');
}
