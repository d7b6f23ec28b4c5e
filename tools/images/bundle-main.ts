// `npx node tools/images/bundle-main.ts FOLDER [PROGRAM…]`: bundles each program into a folder of its name, without any container tool.
import { join, resolve } from 'node:path';
import { bundle } from './bundle.ts';
import { namedParts } from './parts.ts';

const [folder, ...names] = process.argv.slice(2);
if (folder === undefined) {
  console.error('Usage: npx node tools/images/bundle-main.ts FOLDER [PROGRAM…]');
  process.exit(2);
}
for (const part of namedParts(names)) {
  const { packages } = await bundle(part, join(resolve(folder), part.name));
  console.log(`${part.name}: ${packages.length} packages`);
}
