// `npm run faults`: installs what is missing, then harms a system of its own and checks it.
import { ensureInstalled } from './install.mjs';
import { runOnWorkspaceNode } from './run.mjs';

ensureInstalled();
runOnWorkspaceNode('tests/faults/src/main.ts', process.argv.slice(2));
