import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findCycles, findFolderCycles } from './find-cycles.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cycles-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Writes files by name, and answers with their paths. */
async function write(texts: Readonly<Record<string, string>>): Promise<string[]> {
  const writing = Object.entries(texts).map(async ([name, text]) => {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    return path;
  });
  return Promise.all(writing);
}

/** The names of the files in each cycle that is found. */
async function cyclesOf(texts: Readonly<Record<string, string>>): Promise<string[][]> {
  return findCycles(await write(texts)).map((cycle) => cycle.map((path) => path.slice(folder.length + 1)));
}

it('finds a circle through several files, by imports and re-exports, of types as well', async () => {
  const cycles = await cyclesOf({
    'a.ts': "import {\n  b,\n  type B,\n} from './b.ts';\nexport const a = b;\n",
    'b.ts': "export * from './c.ts';\nexport const b = 1;\n",
    'c.ts': "import type { A } from './a.ts';\nexport type C = A;\n",
    'd.ts': "import './a.ts';\n",
  });
  expect(cycles).toEqual([['a.ts', 'b.ts', 'c.ts']]);
});

it('finds each of several circles, and a file that imports itself', async () => {
  const cycles = await cyclesOf({
    'a.ts': "import './b.ts';\nimport './c.ts';\n",
    'b.ts': "import './a.ts';\n",
    'c.ts': "import './d.ts';\n",
    'd.ts': "import './c.ts';\n",
    'e.ts': "import { e } from './e.ts';\n",
  });
  expect(cycles.sort()).toEqual([['a.ts', 'b.ts'], ['c.ts', 'd.ts'], ['e.ts']]);
});

it('finds none where two ways lead to one file, nor in comments and strings', async () => {
  const cycles = await cyclesOf({
    'a.ts': "import './b.ts';\nimport './c.ts';\n",
    'b.ts': "import './d.ts';\n",
    'c.ts': "import './d.ts';\nimport 'node:fs';\n",
    'd.ts': "// import './a.ts';\nexport const path = './a.ts';\n",
  });
  expect(cycles).toEqual([]);
});

it('finds folders that import each other, where no files do', async () => {
  const paths = await write({
    'index.ts': "import './queue/a.ts';\n",
    'queue/a.ts': "import '../commit/a.ts';\n",
    'queue/b.ts': "import '../index.ts';\n",
    'commit/a.ts': "import './b.ts';\nimport '../sql/a.ts';\n",
    'commit/b.ts': "import '../queue/c.ts';\n",
    'queue/c.ts': '',
    'sql/a.ts': '',
  });
  expect(findCycles(paths)).toEqual([]);
  expect(findFolderCycles(folder, paths)).toEqual([['commit', 'queue']]);
});
