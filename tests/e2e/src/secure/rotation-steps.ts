import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { connect } from 'node:tls';
import {
  changeKafkaPassword,
  openSecrets,
  writeSecret,
  type IdentityFiles,
  type Secrets,
} from '@meridian/engines';
import type { RunningStack } from '@meridian/local-stack';
import type { Accounts } from './accounts.ts';

const text = (file: string) => readFileSync(file, 'utf8');
const securityOf = ({ folder }: RunningStack) => path.join(folder, 'security');

/** The account that MySQL knows; the others have nothing to do there. */
const OF_MYSQL = 'command-service';

/**
 * Gives an account another password, at the engines and in its files, in the order of docs/security.md. Gives the old
 * one. Services that run are not told.
 */
export async function rotatePassword(stack: RunningStack, accounts: Accounts, user: string): Promise<string> {
  const file = path.join(securityOf(stack), 'passwords', user);
  const old = text(file).trim();
  const password = randomBytes(32).toString('hex');
  const mysql = accounts.mysql('administrator');
  if (user === OF_MYSQL)
    await mysql.query(`ALTER USER '${user}'@'localhost' IDENTIFIED BY '${password}' RETAIN CURRENT PASSWORD`);
  const cassandra = await accounts.cassandra('administrator');
  await changeKafkaPassword(path.join(stack.folder, 'engines'), { user, password });
  await cassandra.schema([`ALTER ROLE "${user}" WITH PASSWORD = '${password}'`]);
  writeSecret(file, password);
  if (user !== OF_MYSQL) return old;
  const urlFile = path.join(securityOf(stack), `${user}.meridian_mysql_url`);
  writeSecret(urlFile, text(urlFile).replace(old, password));
  await mysql.query(`ALTER USER '${user}'@'localhost' DISCARD OLD PASSWORD`);
  return old;
}

/** Ends every connection of an account to MySQL. */
export async function endSessions(accounts: Accounts, user: string): Promise<number> {
  const mysql = accounts.mysql('administrator');
  const { rows } = await mysql.query('SELECT id FROM performance_schema.processlist WHERE user = ?', [user]);
  for (const { id } of rows) await mysql.query(`KILL CONNECTION ${Number(id)}`).catch(() => undefined);
  return rows.length;
}

/** A service that proves itself by a certificate. */
export const PROJECTOR = 'projector-orders';

/** The authority of the services, old and new, with certificates of the new one. */
export interface Authorities {
  readonly next: Secrets;
  /** The certificate of a projector that the old authority has signed. */
  readonly former: Pick<IdentityFiles, 'certificateFile' | 'keyFile'>;
  /** Writes which authorities the services and their callers trust. */
  trust(which: 'both' | 'new'): void;
  /** Writes the certificates of all services, signed by the new authority. */
  issue(): Promise<void>;
  /** Removes the folder of the new authority: the stack has all that it needs. */
  forget(): void;
}

/** Makes another authority for the services of a stack; they know nothing of it yet. */
export async function newAuthority(stack: RunningStack): Promise<Authorities> {
  const folder = securityOf(stack);
  const next = await openSecrets(
    path.join(folder, `next-${randomBytes(4).toString('hex')}`),
    'Meridian services, the next authority',
  );
  const file = path.join(folder, 'authority.crt');
  const old = text(file);
  const written = text(next.authorityFile);
  const kept = (ending: string) => {
    const copy = path.join(next.folder, `former.${ending}`);
    writeSecret(copy, text(path.join(folder, `${PROJECTOR}.${ending}`)));
    return copy;
  };
  return {
    next,
    former: { certificateFile: kept('crt'), keyFile: kept('key') },
    forget: () => rmSync(next.folder, { recursive: true }),
    trust(which) {
      writeSecret(file, which === 'both' ? `${old}${written}` : written);
      if (which === 'both') return;
      // What signs from now on.
      for (const ending of ['key', 'pem'])
        writeSecret(
          path.join(folder, `authority.${ending}`),
          text(path.join(next.folder, `authority.${ending}`)),
        );
    },
    async issue() {
      for (const name of stack.serviceNames) {
        const files = await next.identity(name);
        // One after the other, as any program would write them.
        writeSecret(path.join(folder, `${name}.key`), text(files.keyFile));
        writeSecret(path.join(folder, `${name}.crt`), text(files.certificateFile));
        writeSecret(path.join(folder, `${name}.pem`), text(files.bothFile));
      }
    },
  };
}

/** Whether a new connection to a service is shown a certificate that this authority has signed. */
export function isSignedBy(address: string, authority: string): Promise<boolean> {
  return new Promise((resolve) => {
    const [host = '', port = ''] = address.split(':');
    const socket = connect({ host, port: Number(port), ca: authority, ALPNProtocols: ['h2'] });
    socket.once('error', () => resolve(false));
    socket.once('secureConnect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
