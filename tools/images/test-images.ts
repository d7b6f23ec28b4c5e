import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createChecks, need, type Checks } from '../shell/checks.ts';
import { usualMode, withEngines } from '../test/engines.ts';
import type { BuiltImage } from './build-images.ts';
import type { Builder } from './builder.ts';
import { startInRoot } from './process-in-root.ts';
import { bytesOf, filesOf, shellsAmong } from './root-files.ts';
import { runServices } from './run-services.ts';
import type { UnpackedImage } from './unpacked-image.ts';

const MAX_BYTES = 150_000_000;
/** EX_CONFIG of sysexits.h. */
const UNUSABLE = 78;
const LABELS = ['title', 'description', 'version', 'revision', 'created', 'licenses'];

/**
 * Tests images: first what is in them. Then each program starts as its user on a read-only root, on engines of this run's own. The
 * program must become live and ready, and end with 0 after SIGTERM: under load where it takes calls. Prints `N passed, N failed`.
 */
export async function testImages(
  images: readonly BuiltImage[],
  builder: Builder,
  stop: AbortSignal,
): Promise<boolean> {
  if (process.getuid?.() !== 0) throw new Error('--test enters the roots of the images: run it as root');
  const folder = mkdtempSync(join(tmpdir(), 'meridian-images-'));
  const checks = createChecks();
  try {
    const unpacked: UnpackedImage[] = [];
    console.log('\n=== What is in them ===\n');
    for (const image of images) {
      const root = builder.unpack(image.name, folder);
      const one = { ...image, root, config: builder.config(image.name) };
      unpacked.push(one);
      await checkContent(one, checks);
    }
    await withEngines(usualMode(process.env), stop, (env) => runServices(unpacked, env, checks, stop));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return checks.sum();
}

async function checkContent({ part, root, config }: UnpackedImage, { check }: Checks): Promise<void> {
  const { name } = part;
  const files = filesOf(root);
  const bytes = bytesOf(root);
  await check(`${name}: takes ${(bytes / 1e6).toFixed(1)} MB, less than ${MAX_BYTES / 1e6}`, () =>
    need(bytes < MAX_BYTES, 'it is larger'),
  );
  await check(`${name}: holds no shell`, () => {
    const shells = shellsAmong(files.keys());
    need(shells.length === 0, shells.join(', '));
  });
  await check(`${name}: belongs to root and runs as 65532`, () => {
    need(/^65532(:65532)?$/.test(config.user), `its user is "${config.user}"`);
    const own = [...files].filter(([path]) => path.startsWith('app/'));
    const [foreign] = own.find(([, text]) => !/^\d+ \d+ 0 0 /.test(text)) ?? [];
    need(own.length > 0 && foreign === undefined, `${foreign ?? 'nothing'} is in /app`);
  });
  await check(`${name}: says what it is`, () => {
    const missing = LABELS.filter((label) => !config.labels[`org.opencontainers.image.${label}`]);
    need(missing.length === 0, `it lacks the labels ${missing.join(', ')}`);
    need(config.labels['org.opencontainers.image.title'] === part.image, 'it has another title');
  });
  await check(`${name}: holds its bill of materials and licences`, () => {
    const bill: unknown = JSON.parse(readFileSync(join(root, config.labels['meridian.sbom'] ?? ''), 'utf8'));
    const components: unknown =
      typeof bill === 'object' && bill ? Reflect.get(bill, 'components') : undefined;
    need(Array.isArray(components) && components.length > 10, 'the bill names hardly anything');
    const licences = readFileSync(join(root, config.labels['meridian.licences'] ?? ''), 'utf8');
    need(licences.includes('Apache License'), 'the text of a licence is missing');
  });
  await check(`${name}: without configuration it says what is missing and exits`, async () => {
    const started = startInRoot({ root, config, args: name === 'cli' ? ['journal', 'verify'] : [] });
    const code = await started.exit;
    need(code === (name === 'cli' ? 1 : UNUSABLE), `it exits with ${code}: ${started.output()}`);
    need(
      started.output().includes('MERIDIAN_MYSQL_URL') || started.output().includes('MERIDIAN_CASSANDRA'),
      started.output(),
    );
  });
}
