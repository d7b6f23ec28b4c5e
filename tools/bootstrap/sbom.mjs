// `npm run sbom`: installs what is missing, then writes the bills of materials and checks what they name.
import { ensureInstalled } from './install.mjs';
import { runOnWorkspaceNode } from './run.mjs';

ensureInstalled();
runOnWorkspaceNode('tools/supply/run.ts', process.argv.slice(2));
