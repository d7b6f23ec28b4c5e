import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeSecret } from '../closed/secrets.ts';
import { fillTemplate, jvmOptions } from '../template.ts';

export type TemplateValues = Readonly<Record<string, string | number>>;

/** Fills a template of `deploy/engines` into `path`, and creates the folder of that path. Answers with the path. */
export function renderTemplate(
  templates: string,
  name: string,
  path: string,
  values: TemplateValues = {},
): string {
  return renderParts(templates, path, [[name, values]]);
}

/** As renderTemplate, of several templates, one after the other. Only the owner may read the file: some hold a password. */
export function renderParts(
  templates: string,
  path: string,
  parts: readonly (readonly [name: string, values: TemplateValues])[],
): string {
  const filled = parts.map(([name, values]) =>
    fillTemplate(readFileSync(join(templates, name), 'utf8'), values),
  );
  mkdirSync(dirname(path), { recursive: true });
  writeSecret(path, filled.join(''));
  return path;
}

/** The options of a `jvm.options` template, filled. */
export function renderJvmOptions(templates: string, name: string, values: TemplateValues): string[] {
  return jvmOptions(readFileSync(join(templates, name), 'utf8'), values);
}
