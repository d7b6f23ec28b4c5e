// Writes the access table of libs/access into docs/security.md. `--check` writes nothing and fails when the page is out of date.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accessTableMarkdown } from '@meridian/access';
import { workspaceRoot } from '../shell/workspace.ts';
import { withTable } from './with-table.ts';

const PAGE = 'docs/security.md';
const file = join(workspaceRoot, PAGE);
const page = await readFile(file, 'utf8');
const fresh = withTable(page, accessTableMarkdown());
if (!process.argv.includes('--check')) {
  await writeFile(file, fresh);
  console.log(`${PAGE} ${fresh === page ? 'was fresh' : 'written'}`);
} else if (fresh === page) {
  console.log(`${PAGE} says what libs/access enforces`);
} else {
  console.error(`${PAGE} does not say what libs/access enforces: run npx node tools/access/document.ts`);
  process.exitCode = 1;
}
