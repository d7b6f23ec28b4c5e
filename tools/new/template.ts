import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, 'templates');

/**
 * The text of a file under templates/, with `{{name}}` replaced by its value. Throws when a value is missing or never used: either is a
 * mistake of the generator.
 */
export function render(template: string, values: Readonly<Record<string, string>>): string {
  const unused = new Set(Object.keys(values));
  const text = readFileSync(join(folder, `${template}.tpl`), 'utf8').replace(
    /\{\{([A-Za-z]+)\}\}/g,
    (_match, name: string) => {
      const value = values[name];
      if (value === undefined) throw new Error(`${template} needs a value for ${name}`);
      unused.delete(name);
      return value;
    },
  );
  if (unused.size > 0) throw new Error(`${template} does not use ${[...unused].join(', ')}`);
  return text;
}
