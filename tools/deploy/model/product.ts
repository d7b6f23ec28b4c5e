import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readPage } from '../../docs/markdown.ts';
import { workspaceRoot } from '../../shell/workspace.ts';
import { productMetrics } from './product-metrics.ts';
import { exampleOf, problemsOf, reads } from './product-settings.ts';

/** What the manifests speak of, as the code has it. */
export interface Product {
  readonly version: string;
  /** The services, and `cli`. */
  readonly images: readonly string[];
  /** Services of the contract, by their full names, and those of them that callers outside use. */
  readonly grpcServices: readonly string[];
  readonly publicServices: readonly string[];
  /** Anchors of the runbook's sections. */
  readonly runbook: ReadonlySet<string>;
  hasMetric(name: string): boolean;
  /** A value that a secret could have. */
  exampleOf(variable: string): string;
  /** What a service would say of such an environment; what it does not read is a problem too. */
  problemsOf(service: string, given: Readonly<Record<string, string>>): readonly string[];
  reads(service: string, variable: string): boolean;
}

const packageFile = z.object({ version: z.string() });
const SERVICE = /^package ([\w.]+);|^service (\w+)/gm;
const read = (path: string): string => readFileSync(join(workspaceRoot, path), 'utf8');

/** Reads it from the workspace. */
export function readProduct(): Product {
  const sources = globSync(['libs/**/src/**/*.ts', 'apps/**/src/**/*.ts'], {
    cwd: workspaceRoot,
    exclude: (path) => path.includes('node_modules') || path.endsWith('.test.ts') || path.includes('testing'),
  });
  const grpcServices = globSync('proto/meridian/**/*.proto', { cwd: workspaceRoot }).flatMap((path) =>
    servicesIn(read(path)),
  );
  const mains = globSync(['apps/*/src/main.ts', 'apps/projectors/*/src/main.ts'], { cwd: workspaceRoot });
  const metrics = productMetrics(sources.map(read));
  return {
    version: packageFile.parse(JSON.parse(read('package.json'))).version,
    images: mains.map((main) =>
      main.replace('apps/', '').replace('projectors/', 'projector-').replace('/src/main.ts', ''),
    ),
    grpcServices,
    publicServices: grpcServices.filter((name) => !name.startsWith('meridian.operations.')),
    runbook: readPage(read('docs/operations/runbook.md')).anchors,
    hasMetric: (name) => metrics.has(name),
    exampleOf,
    problemsOf,
    reads,
  };
}

/** The full names of the services that a proto file declares. */
export function servicesIn(source: string): string[] {
  let packageName = '';
  return [...source.matchAll(SERVICE)].flatMap(([, declared, service]) => {
    packageName = declared ?? packageName;
    return service === undefined ? [] : [`${packageName}.${service}`];
  });
}
