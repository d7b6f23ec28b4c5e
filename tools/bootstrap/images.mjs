// `npm run images`: installs what is missing, then builds an image of every program.
import { ensureInstalled } from './install.mjs';
import { runOnWorkspaceNode } from './run.mjs';

ensureInstalled();
runOnWorkspaceNode('tools/images/run.ts', process.argv.slice(2));
