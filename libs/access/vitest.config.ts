import { projectTests } from '../../tools/vitest/base.ts';

export default projectTests(import.meta.dirname);
