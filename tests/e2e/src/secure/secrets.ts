import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Something that must be readable nowhere. */
export interface Needle {
  /** What it is, for messages: these never show the text. */
  readonly what: string;
  readonly text: string;
}

/** Files in the folders of secrets that hold none. */
const NO_SECRETS = new Set(['issuer-jwks.json', 'closed']);

/** Every secret of a closed stack: passwords, private keys, the keys of its services, and the token that it keeps. */
export function secretsOf(folder: string): readonly Needle[] {
  return ['security', 'engines/security'].flatMap((part) => {
    const files = readdirSync(path.join(folder, part), { recursive: true, withFileTypes: true });
    return files.flatMap((file) => {
      if (!file.isFile() || NO_SECRETS.has(file.name) || file.name.endsWith('.crt')) return [];
      const whole = path.join(file.parentPath, file.name);
      const content = readFileSync(whole, 'utf8').trim();
      return secretsIn(file.name, content).map((text) => {
        return { what: path.relative(folder, whole), text };
      });
    });
  });
}

/** Which parts of a file are secret. A file of an unknown kind is secret as a whole. */
function secretsIn(name: string, content: string): readonly string[] {
  if (/\.(key|pem)$/.test(name)) {
    const [, body = ''] = /-----BEGIN PRIVATE KEY-----\n([^-]+)-/.exec(content) ?? [];
    // The first line is much the same in every key.
    const [, line = ''] = body.split('\n');
    if (line.length < 60) throw new Error(`${name} holds no private key`);
    return [line];
  }
  if (name === 'issuer-key.json') return [String(Object(JSON.parse(content)).d)];
  if (name === 'mysql-accounts.sql') return [...content.matchAll(/BY '([^']+)'/g)].map(([, one = '']) => one);
  return [content];
}
