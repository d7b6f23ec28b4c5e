// `npm run images`: bundles every program and builds an image of each. `-- --test` then tests the images. Programs named as arguments
// are the only ones.
import { argumentsOf } from '../shell/arguments.ts';
import { buildImages } from './build-images.ts';
import { findBuilder } from './builder.ts';
import { namedParts } from './parts.ts';
import { testImages } from './test-images.ts';

const USAGE = `Usage: npm run images -- [PROGRAM…] [--test] [--base IMAGE] [--prefix REGISTRY/]

  --test     then run each image as its user on engines of this run's own, and check it; needs root
  --base     the base image, instead of the Dockerfile's or one made here
  --prefix   before each image's name, such as registry.example.com/`;

const { values, positionals } = argumentsOf({
  allowPositionals: true,
  options: {
    test: { type: 'boolean', default: false },
    base: { type: 'string' },
    prefix: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
if (values.test && positionals.length > 0) {
  console.error('--test takes all programs: each needs what others make.');
  process.exit(2);
}
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => stop.abort(new Error(`stopped by ${signal}`)));

try {
  const builder = findBuilder();
  const { base, prefix } = values;
  const images = await buildImages(namedParts(positionals), {
    builder,
    ...(base === undefined ? {} : { base }),
    ...(prefix === undefined ? {} : { prefix }),
  });
  if (values.test) process.exitCode = (await testImages(images, builder, stop.signal)) ? 0 : 1;
} catch (error) {
  console.error(`npm run images: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
