// `npm run fuzz`: installs what is missing, then fuzzes everything that takes input from outside.
import { ensureInstalled } from './install.mjs';
import { runOnWorkspaceNode } from './run.mjs';

// What gRPC's own library says of hostile headers is no finding.
process.env.GRPC_VERBOSITY ??= 'NONE';
ensureInstalled();
runOnWorkspaceNode('tools/fuzz/run.ts', process.argv.slice(2));
