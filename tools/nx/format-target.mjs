// An Nx plugin: gives every project the target `format`, which checks how its files are formatted. Nx keeps what passed until
// one of them, Prettier or its configuration changes. What is in no project is checked by `npm run format:check` itself.
import { dirname } from 'node:path';

const target = {
  executor: 'nx:run-commands',
  // From the workspace's root, where Prettier finds what it is to leave alone.
  options: { command: 'prettier --check --log-level=warn {projectRoot}', cwd: '{workspaceRoot}' },
  cache: true,
  inputs: [
    '{projectRoot}/**/*',
    '{workspaceRoot}/.prettierrc.json',
    '{workspaceRoot}/.prettierignore',
    '{workspaceRoot}/.editorconfig',
    { externalDependencies: ['prettier'] },
  ],
  outputs: [],
};

export const name = 'meridian-format-target';

export const createNodesV2 = [
  '{apps,dev,libs,tests}/**/package.json',
  (files) => files.map((file) => [file, { projects: { [dirname(file)]: { targets: { format: target } } } }]),
];
