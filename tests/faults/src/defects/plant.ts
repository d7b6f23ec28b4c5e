import { registerHooks } from 'node:module';
import { DEFECTS } from './defects.ts';
import type { Planted } from './planted.ts';
import { OTHER_VERSIONS } from './other-versions.ts';
import { READ_DEFECTS } from './read-defects.ts';

/**
 * Changes modules of the product as they are loaded, so that they have a defect or are another version. Throws when a
 * defect is not known. The process fails when a text to be changed is not there, and reports each module that it changed.
 * A defect that is no longer planted must not count as caught.
 */
export function plant(name: string): void {
  const defect = [...DEFECTS, ...READ_DEFECTS, ...OTHER_VERSIONS].find((one) => one.name === name);
  if (!defect) throw new Error(`there is no defect ${name}`);
  const { changes } = defect;
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const own = changes.filter(({ file }) => url.endsWith(`/${file}`));
      if (own.length === 0) return loaded;
      const source = changed(textOf(loaded.source), { name, changes: own });
      process.stderr.write(`planted ${name} in ${url.slice(url.lastIndexOf('/') + 1)}\n`);
      return { ...loaded, source };
    },
  });
}

/** A source with its changes. Throws when a text to be changed is not there. */
export function changed(source: string, { name, changes }: Pick<Planted, 'name' | 'changes'>): string {
  return changes.reduce((text, { file, from, to }) => {
    if (!text.includes(from)) throw new Error(`defect ${name} cannot be planted: ${file} has changed`);
    return text.replaceAll(from, () => to);
  }, source);
}

function textOf(source: unknown): string {
  if (typeof source === 'string') return source;
  if (source instanceof Uint8Array) return Buffer.from(source).toString();
  throw new Error('a module has no source to change');
}
