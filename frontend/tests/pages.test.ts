/** What a browser loads for each page, read from the real build: neither page brings a byte of the other. */
import { dirname, relative, resolve } from 'node:path';
import { build, type Rolldown } from 'vite';
import { beforeAll, describe, expect, it } from 'vitest';

type Output = Rolldown.OutputBundle[string];
type StyledChunk = Rolldown.OutputChunk & { viteMetadata?: { importedCss: Set<string> } };

const FRONTEND = resolve(import.meta.dirname, '..');
const DESK = 'desk';
/** What only the viewer's page is made of: its shell, and the rooms that play. */
const VIEWERS = [
  'src/shell',
  'src/shell/views',
  'src/shell/words',
  ...['session', 'socket', 'player'].map((room) => `packages/player/src/${room}`),
];
/** Words and styles of one page alone, as a browser would receive them. */
const DESK_WORDS = ['No instance is launched or started any more', '.pool-head'];
const VIEWER_WORDS = ['Play at once, in your browser', '.video-wrapper', 'RTCPeerConnection'];

const files = new Map<string, Output>();

beforeAll(async () => {
  const built = await build({ root: FRONTEND, logLevel: 'silent', build: { write: false } });
  const { output } = (Array.isArray(built) ? built[0] : built) as Rolldown.RolldownOutput;
  for (const file of output) files.set(file.fileName, file);
});

/** Every file that the page asks for, and those that these ask for, now or later. */
function loadedBy(page: string): Set<string> {
  const names = [...textOf(page).matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, name]) => name!);
  const loaded = new Set(names);
  // A set grows while it is walked, and the walk goes on through what came.
  for (const name of loaded) for (const next of askedForBy(files.get(name))) loaded.add(next);
  return loaded;
}

function askedForBy(file: Output | undefined): string[] {
  if (file?.type !== 'chunk') return [];
  return [...file.imports, ...file.dynamicImports, ...((file as StyledChunk).viteMetadata?.importedCss ?? [])];
}

/** The rooms whose modules lie in those files. */
function roomsIn(names: Iterable<string>): Set<string> {
  const modules = [...names].flatMap((name) => {
    const file = files.get(name);
    return file?.type === 'chunk' ? file.moduleIds : [];
  });
  return new Set(modules.map((module) => dirname(relative(FRONTEND, module))));
}

function textOf(name: string): string {
  const file = files.get(name);
  if (file === undefined) throw new Error(`${name} was not built`);
  return file.type === 'chunk' ? file.code : String(file.source);
}

const wordsIn = (names: Iterable<string>, words: string[]): string[] => {
  const text = [...names].map(textOf).join('\n');
  return words.filter((word) => text.includes(word));
};

describe('the two pages', () => {
  it('are built, each with its own code and what both share', () => {
    const [viewer, desk] = [loadedBy('index.html'), loadedBy('desk/index.html')];
    expect([...roomsIn(viewer)]).toEqual(expect.arrayContaining(VIEWERS));
    expect([...roomsIn(desk)]).toContain(DESK);
    expect([...roomsIn([...viewer].filter((name) => desk.has(name)))]).toEqual(expect.arrayContaining(['src/entry', 'src/elements']));
    expect(wordsIn(viewer, VIEWER_WORDS)).toEqual(VIEWER_WORDS);
    expect(wordsIn(desk, DESK_WORDS)).toEqual(DESK_WORDS);
  });

  it('leave no file that neither of them loads', () => {
    const loaded = new Set([...loadedBy('index.html'), ...loadedBy('desk/index.html'), 'index.html', 'desk/index.html', 'favicon.svg']);
    expect([...files.keys()].filter((name) => !loaded.has(name))).toEqual([]);
  });

  it('bring no byte of the desk to a viewer', () => {
    const loaded = loadedBy('index.html');
    expect([...roomsIn(loaded)]).not.toContain(DESK);
    expect(wordsIn(loaded, DESK_WORDS)).toEqual([]);
  });

  it('bring no byte of the player or of its page to an operator', () => {
    const loaded = loadedBy('desk/index.html');
    expect([...roomsIn(loaded)].filter((room) => VIEWERS.includes(room) || room.includes('epicgames'))).toEqual([]);
    expect(wordsIn(loaded, VIEWER_WORDS)).toEqual([]);
  });

  it('run no script that stands in the page itself, which the content security policy forbids', () => {
    for (const page of ['index.html', 'desk/index.html']) {
      const scripts = [...textOf(page).matchAll(/<script\b[^>]*>([^<]*)<\/script>/g)];
      expect(scripts.map(([, inline]) => inline)).toEqual(['']);
      expect(textOf(page)).not.toMatch(/\son[a-z]+=|<style/);
    }
  });
});
