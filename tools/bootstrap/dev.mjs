// `npm run dev -- SERVICE`: installs what is missing, then restarts one service of the stack whenever its source changes.
import { ensureInstalled } from './install.mjs';
import { runOnWorkspaceNode } from './run.mjs';

ensureInstalled();
runOnWorkspaceNode('tools/dev/run.ts', process.argv.slice(2));
