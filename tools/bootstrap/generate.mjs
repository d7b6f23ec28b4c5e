// `npm run generate`: installs what is missing, then makes the code anew that comes from proto/.
import { ensureInstalled } from './install.mjs';
import { runOnWorkspaceNode } from './run.mjs';

ensureInstalled();
runOnWorkspaceNode('tools/proto/generate.ts', process.argv.slice(2));
