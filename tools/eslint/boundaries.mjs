// Who may import whom. Projects carry `type:*` and `context:*` tags in their package.json; the pictures of it are in
// docs/architecture.md. Every constraint whose source tag a project carries must hold.

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

const contexts = ['catalog', 'inventory', 'customers', 'orders', 'sales'];

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
  'read-side',
  'read-model',
  'read-models',
  'host',
  'projector-host',
  'client',
  'engines',
  'local-stack',
  'testing',
];
const exceptTestsAndStack = everything.filter((type) => type !== 'testing');

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
  layer('read-side', ['contracts', 'adapter', 'async', 'kernel']),
  layer('read-model', ['read-side', 'contracts', 'adapter', 'kernel']),
  layer('read-models', ['read-model', 'read-side', 'contracts']),
  layer('host', ['async', 'kernel']),
  layer('projector-host', ['host', 'read-side', 'client', 'contracts', 'adapter', 'async', 'kernel']),
  layer('client', ['adapter', 'contracts', 'async', 'kernel']),
  layer('engines', []),
  layer('local-stack', ['engines', 'contracts', 'adapter', 'async', 'kernel']),
  layer('app', exceptTestsAndStack),
  layer('testing', everything, { bannedExternalImports: [] }),
  layer('tests', everything, { bannedExternalImports: [] }),
  adapterOf('mysql', 'mysql2'),
  adapterOf('messaging', 'kafkajs'),
  adapterOf('cassandra', 'cassandra-driver'),
  adapterOf('rpc', ...grpc),
  ...contexts.map(contextIsAlone),
];
