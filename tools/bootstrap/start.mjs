// `npm start`: installs what is missing, then `meridian start` with the arguments given.
import { ensureInstalled } from './install.mjs';
import { runOnWorkspaceNode } from './run.mjs';

ensureInstalled();
runOnWorkspaceNode('apps/cli/src/main.ts', ['start', ...process.argv.slice(2)]);
