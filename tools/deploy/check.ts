// `npm run deploy:check` makes every overlay with components, so that any three choices stand together in one of them; with
// `--all` it makes every combination. It validates the manifests against the schemas of Kubernetes and of custom resources,
// and applies our rules. It also shows that each rule refuses a manifest that must fail. Everything is fetched from
// registries once and kept; what cannot be fetched fails. Ends with `N passed, N failed`. With `--api-server [FOLDER]` it
// applies the overlays to a real API server instead: cluster/on-api-server.ts.
import { availableParallelism } from 'node:os';
import { createLimiter } from '@meridian/async';
import { alertTests, expressionProblems } from './alert-tests.ts';
import { build, buildFolder } from './build.ts';
import { allCombinations, combinationsOfThree, COMPONENTS, type Combination } from './combinations.ts';
import { onApiServer } from './cluster/on-api-server.ts';
import { applied, fixturesOf } from './fixtures.ts';
import { dashboardExpressions } from './model/dashboards.ts';
import { ofKind, type Build } from './model/manifest.ts';
import { readProduct } from './model/product.ts';
import { closedEngines } from './rules/closed-engines.ts';
import { RULES } from './rules/index.ts';
import { WAVE } from './rules/migrations.ts';
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
const ENGINES = ['kafka', 'cassandra', 'mysql'];

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

/** What must fail is made of what is good: of an open system, of a closed one, of one by Helm, or of closed engines. */
interface GoodBuilds {
  readonly open: Build;
  readonly closed: Build;
  readonly helm: Build;
  readonly engines: Build;
}

function checkFixtures(
  rules: readonly Rule[],
  good: GoodBuilds,
  product: ReturnType<typeof readProduct>,
): void {
  for (const rule of rules)
    for (const fixture of fixturesOf(rule.name)) {
      const problems = rule.check(applied(good[fixture.of], fixture), product);
      const isRefused = problems.some((problem) => problem.includes(fixture.says));
      const answer = problems.join('; ') || 'nothing';
      told(
        `${rule.name} refuses ${fixture.wrong}`,
        isRefused ? [] : [`it says ${answer} and not “${fixture.says}”`],
      );
    }
}

/** Prometheus parses what dashboards ask, and refuses what is no PromQL. */
async function checkExpressions(promtool: string, good: Build): Promise<void> {
  told('dashboards ask in PromQL', await expressionProblems(promtool, dashboardExpressions(good)));
  const wrong = await expressionProblems(promtool, [
    { title: 'a test', text: 'sum by (rate(up[$__rate_interval])' },
  ]);
  told('what is no PromQL is refused', wrong.length > 0 ? [] : ['promtool accepts it']);
}

async function main(chosen: readonly Combination[]): Promise<void> {
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
  console.log(`${chosen.length} combinations, ${rules.length} rules, schemas of ${schemas.kinds} kinds`);
  const some = createLimiter(availableParallelism());
  await Promise.all(
    chosen.map((combination) =>
      some(async () => {
        const made = await build(kustomize, combination);
        told(
          made.name,
          rules.flatMap((rule) => rule.check(made, product).map((problem) => `${rule.name}: ${problem}`)),
        );
      }),
    ),
  );
  const checkEngines = async (folder: string, checks: readonly Rule[]) => {
    const made = await buildFolder(kustomize, folder);
    told(
      folder,
      checks.flatMap((rule) => rule.check(made, product)),
    );
    return made.manifests;
  };
  for (const engine of ENGINES) await checkEngines(`engines/${engine}`, [bySchema(schemas)]);
  const engines = [];
  for (const engine of ENGINES)
    engines.push(...(await checkEngines(`engines/closed/${engine}`, [bySchema(schemas), closedEngines])));
  const good = await build(kustomize, { overlay: 'home-region', components: EVERYTHING });
  const closed = await build(kustomize, { overlay: 'home-region', components: [...EVERYTHING, 'closed'] });
  const upgrades = await build(kustomize, {
    overlay: 'home-region',
    components: ['hooks-argocd', 'hooks-argocd/upgrades'],
  });
  const waves = new Set(ofKind(upgrades, 'Deployment').map((one) => one.metadata.annotations[WAVE]));
  told('an upgrade by Argo CD has three steps', waves.size === 3 ? [] : [`it has ${waves.size}`]);
  told(
    upgrades.name,
    rules.flatMap((rule) => rule.check(upgrades, product)),
  );
  const helm = await build(kustomize, {
    overlay: 'home-region',
    components: ['external-secrets', 'closed', 'hooks-helm'],
  });
  const closedBuild = { name: 'closed engines', manifests: engines };
  checkFixtures(rules, { open: good, closed, helm, engines: closedBuild }, product);
  for (const { title, problems } of await alertTests(promtool, good)) told(title, problems);
  await checkExpressions(promtool, good);
  for (const kind of schemas.unchecked()) console.log(`Not validated: ${kind}`);
  console.log('Not validated: rules in CEL, which only an API server carries out: --api-server does that');
  console.log(`Components: ${COMPONENTS.join(', ')}`);
}

/** `--api-server [FOLDER]`: the overlays on a real API server, and nothing else. */
async function mainOnApiServer(programs: string | undefined): Promise<void> {
  console.log('Tools and definitions: from the cache, or fetched now.');
  const [kustomize, ofModules, ofStrimzi] = await Promise.all([
    kustomizeProgram(),
    moduleDefinitions(),
    strimziDefinitions(),
  ]);
  const definitions = [...ofModules, ...ofStrimzi];
  for (const { title, problems } of await onApiServer({ kustomize, definitions, programs }))
    told(title, problems);
}

try {
  const [option, folder, ...more] = process.argv.slice(2);
  const isWrong =
    option === '--all' ? folder !== undefined : option !== undefined && option !== '--api-server';
  if (isWrong || more.length > 0) throw new Error('the options are --all, or --api-server [FOLDER]');
  await (option === '--api-server'
    ? mainOnApiServer(folder)
    : main(option === '--all' ? allCombinations() : combinationsOfThree()));
} catch (error) {
  told('deploy:check', [error instanceof Error ? error.message : String(error)]);
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
