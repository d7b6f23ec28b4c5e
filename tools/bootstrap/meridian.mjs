// `npm run meridian -- COMMAND`: the command line, after installing what is missing.
import { ensureInstalled } from './install.mjs';
import { runOnWorkspaceNode } from './run.mjs';

ensureInstalled();
runOnWorkspaceNode('apps/cli/src/main.ts', process.argv.slice(2));
