import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSecrets, writeSecret, type Secrets } from './secrets.ts';

/** Somebody who may ask Kafka for something, by name and password. */
export interface Account {
  readonly user: string;
  readonly password: string;
}

/** What closes the engines of a data folder: TLS on every port, and no account without a password. */
export interface ClosedEngines {
  /** Whose signature on the engines' certificates is trusted. */
  readonly authorityFile: string;
  /** Who may do everything, in every engine. Nobody else may do anything in Kafka and Cassandra until it is granted. */
  readonly administrator: Account & { readonly passwordFile: string };
}

export const ADMINISTRATOR = 'administrator';

/** The folder's data is of the other kind. */
export class EnginesAccessError extends Error {
  override readonly name = 'EnginesAccessError';
}

const folderOf = (dataFolder: string) => join(dataFolder, 'security');
const markOf = (dataFolder: string) => join(folderOf(dataFolder), 'closed');

/** Whether the engines of a data folder are closed. They are what they were at their first start: open or closed. */
export const areClosed = (dataFolder: string): boolean => existsSync(markOf(dataFolder));

const DATA = ['mysql/data', 'kafka/data', 'cassandra-eu-west', 'cassandra-us-east'];

/** Throws EnginesAccessError when a folder has data that was made open. */
export function refuseOpenData(dataFolder: string): void {
  if (areClosed(dataFolder) || !DATA.some((one) => existsSync(join(dataFolder, one)))) return;
  throw new EnginesAccessError(
    `the data in ${dataFolder} was made open, and cannot be closed: name another folder in ` +
      'MERIDIAN_STACK_FOLDER, or remove this one while nothing runs',
  );
}

/** The secrets of closed engines. Marks the folder as closed. */
export async function engineSecrets(dataFolder: string): Promise<Secrets> {
  const secrets = await openSecrets(folderOf(dataFolder), 'Meridian engines of this machine');
  if (!areClosed(dataFolder)) writeFileSync(markOf(dataFolder), '');
  return secrets;
}

export function closedEnginesOf(secrets: Secrets): ClosedEngines {
  const { file, text } = secrets.password(ADMINISTRATOR);
  return {
    authorityFile: secrets.authorityFile,
    administrator: { user: ADMINISTRATOR, password: text, passwordFile: file },
  };
}

/** The statements that MySQL runs at every start: root loses its empty password, and the administrator has one. */
export function mysqlAccountsFile(secrets: Secrets): string {
  const file = join(secrets.folder, 'mysql-accounts.sql');
  const root = secrets.password('mysql-root').text;
  const { text } = secrets.password(ADMINISTRATOR);
  const lines = [
    `ALTER USER 'root'@'localhost' IDENTIFIED BY '${root}';`,
    `CREATE USER IF NOT EXISTS '${ADMINISTRATOR}'@'localhost' IDENTIFIED BY '${text}' REQUIRE SSL;`,
    `ALTER USER '${ADMINISTRATOR}'@'localhost' IDENTIFIED BY '${text}' REQUIRE SSL;`,
    `GRANT ALL ON *.* TO '${ADMINISTRATOR}'@'localhost' WITH GRANT OPTION;`,
  ];
  writeSecret(file, `${lines.join('\n')}\n`);
  return file;
}

/** What closes the engines of a data folder; undefined where they are open. Makes nothing. */
export function closedEnginesIn(dataFolder: string): ClosedEngines | undefined {
  if (!areClosed(dataFolder)) return undefined;
  const folder = folderOf(dataFolder);
  const passwordFile = join(folder, 'passwords', ADMINISTRATOR);
  const password = readFileSync(passwordFile, 'utf8').trim();
  return {
    authorityFile: join(folder, 'authority.crt'),
    administrator: { user: ADMINISTRATOR, password, passwordFile },
  };
}
