import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fillTemplate, jvmOptions } from '../template.ts';

export type TemplateValues = Readonly<Record<string, string | number>>;

/** Fills a template of `deploy/engines` into `path`, and creates the folder of that path. Answers with the path. */
export function renderTemplate(
  templates: string,
  name: string,
  path: string,
  values: TemplateValues = {},
): string {
  const filled = fillTemplate(readFileSync(join(templates, name), 'utf8'), values);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, filled);
  return path;
}

/** The options of a `jvm.options` template, filled. */
export function renderJvmOptions(templates: string, name: string, values: TemplateValues): string[] {
  return jvmOptions(readFileSync(join(templates, name), 'utf8'), values);
}
