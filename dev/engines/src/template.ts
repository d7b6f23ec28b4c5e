const placeholder = /\$\{([A-Z][A-Z0-9_]*)\}/g;

/**
 * Replaces each `${NAME}` of `template` by a value of `values`.
 *
 * Throws when a placeholder has no value or a value no placeholder, and names all of these. Throws when a value holds a
 * line break, which could smuggle a setting into a line-based file.
 */
export function fillTemplate(template: string, values: Readonly<Record<string, string | number>>): string {
  const used = new Set<string>();
  const problems: string[] = [];
  const filled = template.replaceAll(placeholder, (whole, name: string) => {
    used.add(name);
    const value = values[name];
    if (value === undefined) {
      problems.push(`no value for ${whole}`);
      return whole;
    }
    return String(value);
  });
  for (const [name, value] of Object.entries(values)) {
    if (!used.has(name)) problems.push(`no place for the value ${name}`);
    if (/[\r\n]/.test(String(value))) problems.push(`the value of ${name} holds a line break`);
  }
  if (problems.length > 0) throw new Error(`A template cannot be filled: ${problems.join('; ')}`);
  return filled;
}

/** The options of a filled `jvm.options` file: one per line, without comments and empty lines. */
export function jvmOptions(template: string, values: Readonly<Record<string, string | number>>): string[] {
  return fillTemplate(template, values)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
