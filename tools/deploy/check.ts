// `npm run deploy:check`: makes every overlay with every choice of components, validates what comes out against the schemas of
// Kubernetes and of custom resources, applies our rules, and shows that each rule refuses a manifest that must fail. Everything
// is fetched from registries once and kept; what cannot be fetched fails. Ends with `N passed, N failed`.
import { availableParallelism } from 'node:os';
import { createLimiter } from '@meridian/async';
import { alertTests } from './alert-tests.ts';
import { build, buildFolder } from './build.ts';
import { COMPONENTS, combinations } from './combinations.ts';
import { applied, fixturesOf } from './fixtures.ts';
import type { Build } from './model/manifest.ts';
import { readProduct } from './model/product.ts';
import { RULES } from './rules/index.ts';
import type { Rule } from './rules/rule.ts';
import { readSchemas, type Schemas } from './schemas.ts';
import { kustomizeProgram, moduleDefinitions } from './toolchain/go-modules.ts';
import { kubernetesDefinitions } from './toolchain/kubernetes-schemas.ts';
import { promtoolProgram } from './toolchain/promtool.ts';
import { strimziDefinitions } from './toolchain/strimzi-definitions.ts';

/** Of one thing that is wrong everywhere, so many places are told. */
const MAX_TOLD = 20;
/** The component of every kind at once, for fixtures. */
const EVERYTHING = ['autoscaling-keda', 'monitoring', 'gateway', 'external-secrets', 'hooks-argocd'];
const ENGINES = ['kafka', 'cassandra', 'mysql'].map((name) => `engines/${name}`);

let passed = 0;
let failed = 0;

function told(title: string, problems: readonly string[]): void {
  if (problems.length === 0) {
    passed += 1;
    return;
  }
  failed += 1;
  console.log(`FAILED: ${title}`);
  for (const problem of problems.slice(0, MAX_TOLD)) console.log(`  | ${problem}`);
  if (problems.length > MAX_TOLD) console.log(`  | … and ${problems.length - MAX_TOLD} more`);
}

const bySchema = (schemas: Schemas): Rule => ({
  name: 'schema',
  check: ({ manifests }) => manifests.flatMap((manifest) => schemas.check(manifest)),
});

function checkFixtures(rules: readonly Rule[], good: Build, product: ReturnType<typeof readProduct>): void {
  for (const rule of rules)
    for (const fixture of fixturesOf(rule.name)) {
      const problems = rule.check(applied(good, fixture), product);
      const isRefused = problems.some((problem) => problem.includes(fixture.says));
      const answer = problems.join('; ') || 'nothing';
      told(
        `${rule.name} refuses ${fixture.wrong}`,
        isRefused ? [] : [`it says ${answer} and not “${fixture.says}”`],
      );
    }
}

async function main(): Promise<void> {
  console.log('Tools and schemas: from the cache, or fetched now.');
  const [kustomize, kubernetes, ofModules, ofStrimzi, promtool] = await Promise.all([
    kustomizeProgram(),
    kubernetesDefinitions(),
    moduleDefinitions(),
    strimziDefinitions(),
    promtoolProgram(),
  ]);
  const schemas = readSchemas(kubernetes, [...ofModules, ...ofStrimzi]);
  const product = readProduct();
  const rules = [bySchema(schemas), ...RULES];
  const all = combinations();
  console.log(`${all.length} combinations, ${rules.length} rules, schemas of ${schemas.kinds} kinds`);
  const some = createLimiter(availableParallelism());
  await Promise.all(
    all.map((combination) =>
      some(async () => {
        const made = await build(kustomize, combination);
        told(
          made.name,
          rules.flatMap((rule) => rule.check(made, product).map((problem) => `${rule.name}: ${problem}`)),
        );
      }),
    ),
  );
  for (const folder of ENGINES) {
    const made = await buildFolder(kustomize, folder);
    told(
      folder,
      made.manifests.flatMap((manifest) => schemas.check(manifest)),
    );
  }
  const good = await build(kustomize, { overlay: 'home-region', components: EVERYTHING });
  checkFixtures(rules, good, product);
  for (const { title, problems } of await alertTests(promtool, good)) told(title, problems);
  for (const kind of schemas.unchecked()) console.log(`Not validated: ${kind}`);
  console.log('Not validated: rules in CEL of custom resources, which only an API server carries out');
  console.log(`Components: ${COMPONENTS.join(', ')}`);
}

try {
  await main();
} catch (error) {
  told('deploy:check', [error instanceof Error ? error.message : String(error)]);
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
