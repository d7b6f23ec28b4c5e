import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority, isFresh, issueIdentity } from './authority.ts';

/** The files of one certificate. */
export interface IdentityFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** The key, then the certificate, in one file, as Kafka and Cassandra read them. */
  readonly bothFile: string;
}

/** Certificates and passwords in a folder that only its owner may read. What is missing is made when it is asked for. */
export interface Secrets {
  readonly folder: string;
  /** The certificate of the authority that signs all identities of this folder. */
  readonly authorityFile: string;
  /** The certificate of `name`, made again when less than 30 days of it are left. */
  identity(name: string): Promise<IdentityFiles>;
  /** The password of `name`: 32 random bytes, in letters and digits. The same at every call. */
  password(name: string): { readonly file: string; readonly text: string };
}

const NAME = /^[a-z][a-z0-9-]{0,62}$/;
const PASSWORD_BYTES = 32;

/** Opens a folder of secrets. Makes the folder and its authority the first time. */
export async function openSecrets(folder: string, authorityName: string): Promise<Secrets> {
  for (const one of [folder, join(folder, 'passwords')]) {
    mkdirSync(one, { recursive: true, mode: 0o700 });
    chmodSync(one, 0o700);
  }
  const own = filesOf(folder, 'authority');
  if (!existsSync(own.bothFile)) writeIdentity(own, await createAuthority(authorityName));
  const authority = readIdentity(own);
  return {
    folder,
    authorityFile: own.certificateFile,
    async identity(name) {
      const files = filesOf(folder, checked(name));
      const isThere = [files.keyFile, files.certificateFile, files.bothFile].every((file) =>
        existsSync(file),
      );
      if (!isThere || !isFresh(readIdentity(files), authority))
        writeIdentity(files, await issueIdentity(authority, name));
      return files;
    },
    password(name) {
      const file = join(folder, 'passwords', checked(name));
      if (!existsSync(file)) writeSecret(file, randomBytes(PASSWORD_BYTES).toString('hex'));
      return { file, text: readFileSync(file, 'utf8').trim() };
    },
  };
}

function checked(name: string): string {
  if (name === 'authority' || !NAME.test(name)) throw new Error(`"${name}" is no name for a secret`);
  return name;
}

function filesOf(folder: string, name: string): IdentityFiles {
  const at = (ending: string) => join(folder, `${name}.${ending}`);
  return { certificateFile: at('crt'), keyFile: at('key'), bothFile: at('pem') };
}

function readIdentity({ certificateFile, keyFile }: IdentityFiles) {
  return { certificate: readFileSync(certificateFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
}

function writeIdentity(files: IdentityFiles, { certificate, key }: ReturnType<typeof readIdentity>): void {
  writeSecret(files.keyFile, key);
  writeSecret(files.certificateFile, certificate);
  // The last file: where it is there, the others are.
  writeSecret(files.bothFile, `${key}${certificate}`);
}

/** Writes a file as a whole. Only its owner may read it. */
export function writeSecret(file: string, text: string): void {
  const written = `${file}.new`;
  writeFileSync(written, text, { mode: 0o600 });
  chmodSync(written, 0o600);
  renameSync(written, file);
}
