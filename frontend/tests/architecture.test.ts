/** The rooms of the pages, and which way their arrows point. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const FRONTEND = resolve(import.meta.dirname, '..');
const PLAYER = 'packages/player/src';
/** From the top of the hill down: a file knows its own room and the lower ones. */
const ROOMS = [
  'src/shell',
  'src/shell/views',
  'src/shell/words',
  'desk',
  'src/entry',
  'src/elements',
  `${PLAYER}/session`,
  `${PLAYER}/socket`,
  `${PLAYER}/player`,
  `${PLAYER}/api`,
];
const SHELL = ROOMS.filter((room) => room.startsWith('src/shell'));
const PLAYERS_OWN = ROOMS.filter((room) => room.startsWith(PLAYER) && room !== `${PLAYER}/api`);
/** Lower, and still not theirs: a page knows no other page; the desk and what pages share play nothing; what streams knows
 *  nothing of the socket, and elements are made of nothing. */
const STRANGERS: readonly [string, string][] = [
  ...SHELL.flatMap((room): [string, string][] => [
    [room, 'desk'],
    ['desk', room],
  ]),
  ...PLAYERS_OWN.flatMap((room): [string, string][] => [
    ['desk', room],
    ['src/entry', room],
    ['src/elements', room],
  ]),
  ['src/elements', `${PLAYER}/api`],
  [`${PLAYER}/socket`, `${PLAYER}/player`],
];
const MOST_FILES = 15;

interface Arrow {
  from: string;
  to: string;
}

const files = ['src', 'desk', 'packages', 'tests'].flatMap((folder) =>
  readdirSync(join(FRONTEND, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ['.ts', '.css'].includes(extname(entry.name)))
    .map((entry) => relative(FRONTEND, join(entry.parentPath, entry.name))),
);
const house = files.filter((file) => !file.startsWith('tests/'));
const arrows = house.filter((file) => file.endsWith('.ts')).flatMap(arrowsOf);

function textOf(file: string): string {
  return readFileSync(join(FRONTEND, file), 'utf8');
}

function arrowsOf(from: string): Arrow[] {
  return [...textOf(from).matchAll(/\b(?:from|import)\s*\(?\s*'([.#][^']*)'/g)].map(([, target = '']) => ({
    from,
    to: pathOf(target, from),
  }));
}

function pathOf(target: string, from: string): string {
  const path = target.startsWith('#player/') ? target.replace('#player', PLAYER) : join(dirname(from), target);
  return extname(path) === '.css' ? path : `${path}.ts`;
}

function isAllowed({ from, to }: Arrow): boolean {
  const [above, below] = [dirname(from), dirname(to)];
  return ROOMS.indexOf(above) <= ROOMS.indexOf(below) && !STRANGERS.some(([a, b]) => a === above && b === below);
}

/** The files on a way from `file` back to itself; empty when there is none. */
function circleOf(file: string): string[] {
  const seen = new Set<string>();
  const walk = (at: string, way: readonly string[]): string[] => {
    for (const { to } of arrows.filter(({ from }) => from === at)) {
      if (to === file) return [...way, to];
      if (seen.has(to)) continue;
      seen.add(to);
      const circle = walk(to, [...way, to]);
      if (circle.length > 0) return circle;
    }
    return [];
  };
  return walk(file, [file]);
}

describe('the rooms of the pages', () => {
  it('are all named here, and every import leads to a file in one', () => {
    expect(house.filter((file) => !ROOMS.includes(dirname(file)))).toEqual([]);
    expect(arrows.filter(({ to }) => !house.includes(to))).toEqual([]);
    expect(arrows.length).toBeGreaterThan(100);
  });

  it('know only those below them', () => {
    expect(arrows.filter((arrow) => !isAllowed(arrow))).toEqual([]);
  });

  it('import in no circle, types included', () => {
    expect(house.map(circleOf).filter((circle) => circle.length > 0)).toEqual([]);
  });

  it(`hold at most ${MOST_FILES} files each, the tests' too`, () => {
    const rooms = files.map((file) => dirname(file));
    expect([...new Set(rooms)].filter((room) => rooms.filter((each) => each === room).length > MOST_FILES)).toEqual([]);
  });
});
