// Who may import whom. Projects carry `type:*` and `context:*` tags in their package.json; the pictures of it are in
// docs/architecture.md. Every constraint whose source tag a project carries must hold.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const grpc = ['@grpc/*', 'nice-grpc', 'nice-grpc-server-*', 'nice-grpc-client-*', 'nice-grpc-error-details'];
const drivers = ['mysql2', 'kafkajs', 'cassandra-driver', ...grpc];

const except = (...allowed) => drivers.filter((driver) => !allowed.includes(driver));

const layer = (type, may, more = {}) => ({
  sourceTag: `type:${type}`,
  onlyDependOnLibsWithTags: may.map((target) => `type:${target}`),
  bannedExternalImports: drivers,
  ...more,
});

// Pure code names the few packages that it may use; all others are refused.
const pure = (...packages) => ({
  bannedExternalImports: undefined,
  allowedExternalImports: [...packages, 'vitest', 'vitest/*', 'fast-check'],
});

const adapterOf = (name, ...owned) => ({
  sourceTag: `driver:${name}`,
  onlyDependOnLibsWithTags: ['type:kernel', 'type:async'],
  bannedExternalImports: except(...owned),
});

const workspaceRoot = join(import.meta.dirname, '../..');
const foldersIn = (parent) =>
  readdirSync(join(workspaceRoot, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

// Every library of a domain and of a read model is named after its context. The registry is of no context, and no tag names it.
const contexts = [...new Set([...foldersIn('libs/domain'), ...foldersIn('libs/read-models')])].sort();

// Contexts meet only in a command's file and through contracts.
const contextIsAlone = (context) => ({
  sourceTag: `context:${context}`,
  notDependOnLibsWithTags: contexts.filter((other) => other !== context).map((other) => `context:${other}`),
});

const everything = [
  'kernel',
  'async',
  'contracts',
  'domain',
  'adapter',
  'sealing',
  'write-side',
  'projection',
  'read-store',
  'projector',
  'read-model',
  'read-models',
  'host',
  'access',
  'projector-host',
  'client',
  'engines',
  'local-stack',
  'testing-kit',
  'testing',
];
const exceptTests = everything.filter((type) => type !== 'testing');

export const depConstraints = [
  layer('kernel', [], pure('uuid')),
  // Timers and promises: for every layer but the pure ones.
  layer('async', [], pure()),
  layer(
    'contracts',
    ['kernel'],
    pure('@bufbuild/protobuf', '@bufbuild/protobuf/*', 'nice-grpc-common', 'zod'),
  ),
  layer('domain', ['domain', 'contracts', 'kernel'], pure()),
  layer('adapter', ['async', 'kernel'], { bannedExternalImports: [] }),
  layer('sealing', ['adapter', 'async', 'kernel']),
  layer('write-side', ['write-side', 'domain', 'contracts', 'adapter', 'async', 'kernel']),
  // Three floors: a projection is pure, the read store is read, the projector writes it. A read model never sees the last.
  layer('projection', ['contracts', 'kernel'], pure()),
  layer('read-store', ['projection', 'contracts', 'adapter', 'async', 'kernel']),
  layer('projector', ['read-store', 'projection', 'contracts', 'adapter', 'async', 'kernel']),
  layer('read-model', ['read-store', 'projection', 'testing-kit', 'contracts', 'adapter', 'async', 'kernel']),
  layer('read-models', ['read-model', 'read-store', 'projection', 'contracts', 'kernel']),
  // Serves the tests of read models; eslint.config.mjs keeps it out of the rest of their code.
  layer('testing-kit', ['projector', 'read-store', 'projection', 'contracts', 'adapter', 'kernel']),
  layer('host', ['async', 'kernel']),
  // Who may call what, and how callers prove who they are.
  layer('access', ['host', 'contracts', 'adapter', 'async', 'kernel']),
  layer('projector-host', [
    'access',
    'host',
    'projector',
    'read-store',
    'projection',
    'client',
    'contracts',
    'adapter',
    'async',
    'kernel',
  ]),
  layer('client', ['adapter', 'contracts', 'async', 'kernel']),
  layer('engines', []),
  layer('local-stack', ['engines', 'contracts', 'adapter', 'async', 'kernel']),
  layer('app', exceptTests),
  layer('testing', everything, { bannedExternalImports: [] }),
  layer('tests', everything, { bannedExternalImports: [] }),
  adapterOf('mysql', 'mysql2'),
  adapterOf('messaging', 'kafkajs'),
  adapterOf('cassandra', 'cassandra-driver'),
  adapterOf('rpc', ...grpc),
  ...contexts.map(contextIsAlone),
];

// Folders of one package that build on each other, by package: each folder imports only those that stand before it.
const folderOrder = {
  'read-store': [['rows', 'quarantine'], ['progress'], ['generations']],
  projector: [['store'], ['partition'], ['late', 'regions'], ['run']],
};

const mayNotImport = (name, folder, others) => ({
  files: [`libs/${name}/src/${folder}/**/*.ts`, `tools/boundaries/fixtures/${name}-floors/${folder}/*.ts`],
  // They run the whole, and stand beside what they are about.
  ignores: ['**/*.integration.test.ts'],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: others.map((other) => `../${other}/*`),
            message: `${folder}/ imports no folder above it or beside it: see folderOrder in tools/eslint/boundaries.mjs.`,
          },
        ],
      },
    ],
  },
});

export const folderConstraints = Object.entries(folderOrder).flatMap(([name, floors]) =>
  floors.flatMap((folders, floor) =>
    folders.flatMap((folder) => {
      const others = floors
        .slice(floor)
        .flat()
        .filter((other) => other !== folder);
      return others.length === 0 ? [] : [mayNotImport(name, folder, others)];
    }),
  ),
);
