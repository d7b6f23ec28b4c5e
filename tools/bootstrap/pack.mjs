// `npm run pack`: installs what is missing, then makes the package of the client.
import { ensureInstalled } from './install.mjs';
import { runOnWorkspaceNode } from './run.mjs';

ensureInstalled();
runOnWorkspaceNode('tools/pack/run.ts', process.argv.slice(2));
