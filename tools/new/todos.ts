import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const MARKS = /TODO\(new\): (.*?)(?: \*\/)?$|\bit\.todo\('(.*)'\)/;

/** What generators left to write, as `file:line: what`. */
export function openTodos(root: string): string[] {
  const files = globSync(['{apps,libs,tests}/**/*.ts', 'proto/**/*.proto'], {
    cwd: root,
    exclude: ['**/node_modules', '**/generated', '**/dist'],
  });
  return files.sort().flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => {
        const found = MARKS.exec(line);
        return found ? [`${file}:${index + 1}: ${found[1] ?? found[2]}`] : [];
      }),
  );
}
