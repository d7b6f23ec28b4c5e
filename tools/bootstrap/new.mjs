// `npm run new -- KIND NAME`: installs what is missing, then writes the files and entries of something new.
import { ensureInstalled } from './install.mjs';
import { runOnWorkspaceNode } from './run.mjs';

ensureInstalled();
runOnWorkspaceNode('tools/new/run.ts', process.argv.slice(2));
