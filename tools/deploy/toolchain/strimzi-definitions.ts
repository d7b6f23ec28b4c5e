import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findProgram, runCommand } from '@meridian/engines';
import { toolFolder } from './cache.ts';
import { PINS } from './pins.ts';

/** Strimzi's generator is compiled for this Java. */
const OLDEST_JAVA = 21;
const JAVA_FOLDERS = '/usr/lib/jvm';
const MODEL = 'io.strimzi.api.kafka.model';

/** The files with Strimzi's definitions, made by Strimzi's own generator out of its classes, both from Maven Central. */
export async function strimziDefinitions(): Promise<readonly string[]> {
  const { classes } = PINS.strimzi;
  const folder = await toolFolder('definitions-strimzi', PINS.strimzi, async (growing) => {
    const java = await javaFrom(OLDEST_JAVA);
    const jars = await librariesIn(growing);
    const wanted = Object.entries(classes).map(
      ([kind, name]) => `${MODEL}.${name}=${join(growing, `${kind}.yaml`)}`,
    );
    const generator = 'io.strimzi.crdgenerator.CrdGenerator';
    await runCommand(java, ['-cp', jars.join(delimiter), generator, '--yaml', ...wanted]);
  });
  return Object.keys(classes).map((kind) => join(folder, `${kind}.yaml`));
}

async function librariesIn(folder: string): Promise<readonly string[]> {
  const maven = findProgram('mvn', process.env);
  if (maven === undefined) throw new Error('there is no `mvn` on PATH: install Maven 3.6 or newer');
  const pom = join(folder, 'pom.xml');
  writeFileSync(pom, pomOf(PINS.strimzi.version));
  const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
  await runCommand(maven, ['-B', '-C', '-q', '-f', pom, plugin, `-DoutputDirectory=${folder}`]);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jar'))
    .map((name) => join(folder, name));
}

/** The generator's jar holds all that it needs; what Strimzi's own build needs besides is left out. */
function pomOf(version: string): string {
  const dependency = (artifact: string) => `
    <dependency>
      <groupId>io.strimzi</groupId>
      <artifactId>${artifact}</artifactId>
      <version>${version}</version>
      <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>
    </dependency>`;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>meridian</groupId>
  <artifactId>strimzi-definitions</artifactId>
  <version>1</version>
  <dependencies>${dependency('crd-generator')}${dependency('api')}
  </dependencies>
</project>
`;
}

/** A Java of JAVA_HOME, of PATH or of where Debian, Ubuntu and Fedora put it, of this version or a newer one. */
async function javaFrom(oldest: number): Promise<string> {
  const home = process.env['JAVA_HOME'];
  const installed = existsSync(JAVA_FOLDERS) ? readdirSync(JAVA_FOLDERS).sort().reverse() : [];
  const candidates = [
    ...(home ? [join(home, 'bin/java')] : []),
    findProgram('java', process.env) ?? '',
    ...installed.map((name) => join(JAVA_FOLDERS, name, 'bin/java')),
  ];
  for (const candidate of candidates.filter((path) => existsSync(path))) {
    let printed = '';
    await runCommand(candidate, ['-version'], { onLine: (line) => (printed += line) });
    if (Number(/version "(\d+)/.exec(printed)?.[1] ?? 0) >= oldest) return candidate;
  }
  throw new Error(`there is no Java ${oldest} or newer: set JAVA_HOME to one; Strimzi's generator needs it`);
}
