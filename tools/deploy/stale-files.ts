/** A file that is not as its generator would write it. */
export interface StaleFile {
  readonly name: string;
  readonly why: 'is missing' | 'is out of date' | 'belongs to no plan';
}

/** What differs between the files of a folder and those that belong there, by name. */
export function staleFiles(
  present: ReadonlyMap<string, string>,
  fresh: ReadonlyMap<string, string>,
): StaleFile[] {
  const names = [...new Set([...present.keys(), ...fresh.keys()])].sort();
  return names.flatMap((name): StaleFile[] => {
    const [there, wanted] = [present.get(name), fresh.get(name)];
    if (there === wanted) return [];
    if (wanted === undefined) return [{ name, why: 'belongs to no plan' }];
    return [{ name, why: there === undefined ? 'is missing' : 'is out of date' }];
  });
}
