// Modules of Node that reach outside the process. Pure code (the kernel, the contracts) imports none of them. The
// domain imports nothing of Node at all. So no rule can reach I/O.

const reachingOut = [
  'child_process',
  'cluster',
  'dgram',
  'dns',
  'fs',
  'http',
  'http2',
  'https',
  'inspector',
  'net',
  'process',
  'readline',
  'repl',
  'sqlite',
  'timers',
  'tls',
  'worker_threads',
];

const withSubpaths = (name) => [name, `${name}/*`];

export const noInputOrOutput = {
  patterns: [
    {
      group: reachingOut.flatMap((name) => [...withSubpaths(name), ...withSubpaths(`node:${name}`)]),
      message: 'This code is pure: it does no input or output.',
    },
  ],
};

export const noNodeAtAll = (builtinModules) => ({
  patterns: [
    {
      group: ['node:*', ...builtinModules.filter((name) => !name.startsWith('_'))],
      message: 'The domain is pure: what it needs of the outside is passed in.',
    },
  ],
});

// Kits that tests of read models are written with.
export const noTestingKit = {
  patterns: [
    {
      group: [
        '@meridian/*/testing',
        '@meridian/*/testing/*',
        '@meridian/read-model-testing',
        '@meridian/projector',
      ],
      message: 'This serves tests only: import it in a test, or in a folder named testing.',
    },
  ],
};

export const noAmbientInputOrOutput = [
  'process',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'console',
].map((name) => ({ name, message: 'This code is pure: what it needs of the outside is passed in.' }));
