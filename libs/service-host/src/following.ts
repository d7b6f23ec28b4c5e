import { valueIn } from './values-in-files.ts';

/** The files of the values of each configuration. */
const filesOf = new WeakMap<object, ReadonlyMap<string, string>>();

/** Remembers in which files a configuration's values stand, so that `following` finds them. */
export function rememberFiles(config: object, files: ReadonlyMap<string, string>): void {
  filesOf.set(config, files);
}

/**
 * Gives the value of a variable as it is now, each time it is asked: the file that holds it is read again. What cannot be
 * read or used, such as a file that is just being replaced, leaves the last usable value in force. A value that stands in
 * no file stays as it is.
 */
export function following(
  config: object,
  name: string,
  atStart: string,
  isUsable: (value: string) => boolean = () => true,
): () => string {
  const file = filesOf.get(config)?.get(name);
  let last = atStart;
  if (file === undefined) return () => last;
  return () => {
    const value = valueIn(file);
    if (typeof value === 'string' && isUsable(value)) last = value;
    return last;
  };
}
