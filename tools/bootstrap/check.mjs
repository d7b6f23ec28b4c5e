// `npm run check`: installs what is missing, then runs every check that is no test.
import { ensureInstalled } from './install.mjs';
import { runOnWorkspaceNode } from './run.mjs';

ensureInstalled();
runOnWorkspaceNode('tools/check/run.ts', process.argv.slice(2));
