// `npm run bench`: installs what is missing, then measures.
import { ensureInstalled } from './install.mjs';
import { runOnWorkspaceNode } from './run.mjs';

ensureInstalled();
runOnWorkspaceNode('tests/bench/src/main.ts', process.argv.slice(2));
