import { builtinModules } from 'node:module';
import nx from '@nx/eslint-plugin';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { depConstraints, folderConstraints } from './tools/eslint/boundaries.mjs';
import {
  noAmbientInputOrOutput,
  noInputOrOutput,
  noNodeAtAll,
  noTestingKit,
} from './tools/eslint/pure-code.mjs';

/** What a function may have, without comments and blank lines. */
const functionLines = (max) => ({
  'max-lines-per-function': ['error', { max, skipBlankLines: true, skipComments: true }],
});

const tests = ['**/*.test.ts', 'tests/**/*.ts', 'dev/testing/**/*.ts'];
const configs = ['**/vitest.config.ts'];
const boundaryFixtures = ['tools/boundaries/fixtures/**/*.ts'];

const hiddenShape = {
  selector: 'TSAsExpression > TSAsExpression',
  message: 'A double assertion hides a shape: parse at the border.',
};
const unseededChance = {
  selector: "MemberExpression[object.name='Math'][property.name='random']",
  message:
    'Chance is passed in, so that a run can be repeated; only jitter may disable this rule, saying so.',
};
const erasable = {
  selector:
    'TSEnumDeclaration, TSParameterProperty, TSModuleDeclaration[kind="namespace"], TSImportEqualsDeclaration',
  message: 'Node runs this file by stripping its types: erasable syntax only.',
};
const spreadLiteral = {
  selector: 'SpreadElement > ObjectExpression.argument, SpreadElement > ArrayExpression.argument',
  message:
    'Write the properties or elements where they belong: a literal that is spread at once says nothing.',
};

const longTitle = {
  selector:
    'CallExpression[callee.name=/^(it|describe)$/] > Literal[value=/^.{96,}$/], CallExpression[callee.callee.object.name=/^(it|describe)$/] > Literal[value=/^.{96,}$/]',
  message: 'A title of at most 95 characters: say what holds, and leave the rest to the test.',
};

const fileLines = (max) => ({ 'max-lines': ['error', { max, skipBlankLines: true, skipComments: true }] });

export default defineConfig(
  {
    ignores: [
      '**/node_modules',
      '**/dist',
      '**/.nx',
      '**/.meridian',
      'libs/contracts/src/generated',
      'tools/boundaries/fixtures',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts', '**/*.mjs'],
    plugins: { '@nx': nx },
    languageOptions: { parser: tseslint.parser },
    rules: { '@nx/enforce-module-boundaries': ['error', { allow: [], depConstraints }] },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strict, tseslint.configs.recommendedTypeCheckedOnly],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      ...fileLines(250),
      ...functionLines(70),
      eqeqeq: 'error',
      'no-restricted-syntax': ['error', hiddenShape, unseededChance, erasable, spreadLiteral, longTitle],
      '@typescript-eslint/ban-ts-comment': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      // `void | Promise<void>` says that a callback may answer later.
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      '@typescript-eslint/only-throw-error': [
        'error',
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      // What factories answer are plain objects: their functions have no `this` to lose.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
    },
  },
  {
    files: [
      'libs/kernel/src/**/*.ts',
      'libs/contracts/src/**/*.ts',
      'libs/projection/src/**/*.ts',
      'tools/boundaries/fixtures/projection/*.ts',
    ],
    ignores: tests,
    rules: {
      'no-restricted-imports': ['error', noInputOrOutput],
      'no-restricted-globals': ['error', ...noAmbientInputOrOutput],
    },
  },
  {
    files: [
      'libs/read-models/*/src/**/*.ts',
      'apps/query-service/src/**/*.ts',
      'tools/boundaries/fixtures/read-model/*.ts',
    ],
    ignores: [...tests, '**/testing/**'],
    rules: { 'no-restricted-imports': ['error', noTestingKit] },
  },
  {
    files: ['libs/domain/**/src/**/*.ts', 'tools/boundaries/fixtures/domain/*.ts'],
    rules: {
      'no-restricted-imports': ['error', noNodeAtAll(builtinModules)],
      'no-restricted-globals': ['error', ...noAmbientInputOrOutput],
    },
  },
  ...folderConstraints,
  // A table of data.
  { files: ['libs/kernel/src/countries.ts'], rules: fileLines(300) },
  {
    files: tests,
    rules: {
      ...fileLines(400),
      'no-restricted-syntax': ['error', erasable, spreadLiteral, longTitle],
      '@typescript-eslint/no-non-null-assertion': 'off',
      // What a test reads back (JSON, rows) is checked by its assertions.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    // The function that describes the tests holds all of them.
    files: ['**/*.test.ts', 'tests/e2e/src/one-stack/*.ts'],
    rules: functionLines(400),
  },
  {
    // Declarations of what a package has and does not declare; Node never runs them.
    files: ['**/*.d.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: configs,
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
    rules: { '@nx/enforce-module-boundaries': 'off' },
  },
  {
    // Tools are no part of the house: they look at all of it.
    files: ['tools/**/*.ts', 'tools/**/*.mjs'],
    ignores: boundaryFixtures,
    rules: { '@nx/enforce-module-boundaries': 'off' },
  },
  {
    files: boundaryFixtures,
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
  },
);
