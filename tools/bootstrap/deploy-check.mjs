// `npm run deploy:check`: installs what is missing, then builds and checks everything for Kubernetes.
import { ensureInstalled } from './install.mjs';
import { runOnWorkspaceNode } from './run.mjs';

ensureInstalled();
runOnWorkspaceNode('tools/deploy/check.ts', process.argv.slice(2));
