// `node --import tools/images/note-packages.ts MAIN`: when the program ends, prints which packages it has loaded.
// One line of JSON says how large the loaded files of each are.
import { statSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const bytesOf: Record<string, number> = {};

registerHooks({
  load(url, context, next) {
    const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
    if (name !== undefined) bytesOf[name] = (bytesOf[name] ?? 0) + statSync(fileURLToPath(url)).size;
    return next(url, context);
  },
});
process.on('exit', () => process.stdout.write(`${JSON.stringify({ bytesOf })}\n`));
