// `npm test`: installs what is missing, then every test of the workspace.
import { ensureInstalled } from './install.mjs';
import { runOnWorkspaceNode } from './run.mjs';

ensureInstalled();
runOnWorkspaceNode('tools/test/run.ts', process.argv.slice(2));
