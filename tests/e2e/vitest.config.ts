import { mergeConfig } from 'vitest/config';
import { projectTests } from '../../tools/vitest/base.ts';

const usual = projectTests(import.meta.dirname);

export default (env: Parameters<typeof usual>[0]) =>
  mergeConfig(usual(env), env.mode === 'unit' ? {} : { test: { globalSetup: './src/shared-stack.ts' } });
