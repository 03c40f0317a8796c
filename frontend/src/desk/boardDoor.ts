/** Where the fleet board is reached: the address `#/stage`, while no session of this tab is under way. */
import type { Api } from '#player/door/api';
import { FleetBoard } from './fleetBoard';
import { FleetDoor } from './fleetDoor';
import { canPlay, type PageState } from '#player/session/sessionMachine';
import type { BoardActions, BoardModel } from './boardModel';

const ADDRESS = '#/stage';

export class BoardDoor {
  readonly actions: BoardActions;
  readonly #board: FleetBoard;
  readonly #operator: boolean;
  onChange: () => void = () => {};

  constructor(api: Api, now: () => number, operator: boolean) {
    const door = new FleetDoor(api);
    this.#operator = operator;
    this.#board = new FleetBoard(door, now);
    this.#board.onChange = () => this.onChange();
    window.addEventListener('hashchange', () => this.onChange());
    // What was done is looked at once more right away.
    const thenRead = async (done: Promise<void>): Promise<void> => {
      await done;
      void this.#board.read();
    };
    this.actions = {
      showBoard: (shown) => {
        location.hash = shown ? ADDRESS : '';
      },
      halt: (poolId, reason) => thenRead(door.halt(poolId, reason)),
      resume: (poolId) => thenRead(door.resume(poolId)),
      drain: (instanceId) => thenRead(door.drain(instanceId)),
      undrain: (instanceId) => thenRead(door.undrain(instanceId)),
    };
  }

  /** What the page shows of it; null while it shows the viewer's side. A session goes first. */
  shownBeside(state: PageState): BoardModel['board'] {
    return location.hash === ADDRESS && canPlay(state) ? { operator: this.#operator, state: this.#board.state } : null;
  }

  /** Called often: reads while somebody looks. */
  tick(state: PageState): void {
    if (this.#operator && document.visibilityState === 'visible' && this.shownBeside(state) !== null) this.#board.tick();
  }
}
