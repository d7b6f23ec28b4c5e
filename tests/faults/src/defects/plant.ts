import { registerHooks } from 'node:module';
import { DEFECTS } from './defects.ts';

/**
 * Changes modules of the product as they are loaded, so that they have a defect. Throws when a defect is not known; the
 * process fails when a text to be changed is not there, or its module was never loaded: a defect that is not planted any
 * more must not pass for one that was caught.
 */
export function plant(name: string): void {
  const defect = DEFECTS.find((one) => one.name === name);
  if (!defect) throw new Error(`there is no defect ${name}`);
  const { changes } = defect;
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const own = changes.filter(({ file }) => url.endsWith(`/${file}`));
      if (own.length === 0) return loaded;
      const source = own.reduce((text, { file, from, to }) => {
        if (!text.includes(from)) throw new Error(`defect ${name} cannot be planted: ${file} has changed`);
        return text.replaceAll(from, () => to);
      }, textOf(loaded.source));
      process.stderr.write(`planted ${name} in ${url.slice(url.lastIndexOf('/') + 1)}\n`);
      return { ...loaded, source };
    },
  });
}

function textOf(source: unknown): string {
  if (typeof source === 'string') return source;
  if (source instanceof Uint8Array) return Buffer.from(source).toString();
  throw new Error('a module has no source to change');
}
