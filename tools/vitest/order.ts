import { relative, resolve } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const workspaceRoot = resolve(import.meta.dirname, '../..');
const longest = [
  'tests/',
  'dev/engines/',
  'libs/relay/',
  'libs/projector/',
  'libs/read-store/',
  'tools/new/',
  'apps/',
];

/** Begins with the folders whose files take longest, so that no long file is left alone at the end. */
export class FoldersWithLongTestsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const folder = relative(workspaceRoot, moduleId);
      const found = longest.findIndex((prefix) => folder.startsWith(prefix));
      return found < 0 ? longest.length : found;
    };
    return [...files].sort((a, b) => rank(a) - rank(b) || a.moduleId.localeCompare(b.moduleId));
  }
}
