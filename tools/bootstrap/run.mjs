// Runs on Node 20 with nothing installed: plain JavaScript, Node's own modules only.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { nodeForWorkspace, workspaceRoot } from './install.mjs';

const repeatWithinMs = 1_000;
const compileCache = join(workspaceRoot, '.meridian/compile-cache');

/**
 * Forwards SIGINT, SIGTERM and SIGHUP to the child. Ctrl-C reaches this process from the terminal and again from npm,
 * so two signals within a second count as one. A later signal is forwarded too, for users who insist.
 */
function forwardSignals(child) {
  let lastAtMs = -Infinity;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      const nowMs = performance.now();
      if (nowMs - lastAtMs < repeatWithinMs) return;
      lastAtMs = nowMs;
      child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
    });
  }
}

/**
 * Runs a TypeScript file of the workspace on its Node with this terminal, waits for it whatever signal comes, and ends
 * with its exit code. The child has a session of its own, so that a Ctrl-C reaches it through here only.
 */
export function runOnWorkspaceNode(file, args) {
  const node = nodeForWorkspace();
  const path = [dirname(node), join(workspaceRoot, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  const child = spawn(node, [join(workspaceRoot, file), ...args], {
    cwd: workspaceRoot,
    // What one process has compiled, the others do not compile again: each service and command starts in half the time.
    env: { NODE_COMPILE_CACHE: compileCache, ...process.env, PATH: path },
    stdio: 'inherit',
    detached: true,
  });
  forwardSignals(child);
  child.on('error', (error) => {
    console.error(`${node} could not be started: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
