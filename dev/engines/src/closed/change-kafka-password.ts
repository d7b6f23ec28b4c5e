import { realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readState } from '../engine-state.ts';
import { runCommand } from '../run-command.ts';
import { closedEnginesIn, type Account } from './closed-engines.ts';
import { writeSecret } from './secrets.ts';

const MAIN = 'kafka.Kafka';

/**
 * Gives an account of closed engines another password in Kafka, as its administrator, by Kafka's own program. Connections
 * that are open stay open. The password is in no process list. Rejects when Kafka does not run, or refuses.
 */
export async function changeKafkaPassword(dataFolder: string, { user, password }: Account): Promise<void> {
  const folder = realpathSync(dataFolder);
  const closed = closedEnginesIn(folder);
  const kafka = readState(folder)?.engines.kafka;
  if (!closed || !kafka) throw new Error(`there is no closed Kafka in ${folder}`);
  const { command, args } = kafka.launch;
  const client = join(folder, 'kafka', 'administrator.properties');
  const wish = join(folder, 'kafka', `password-of-${user}.properties`);
  const { administrator, authorityFile } = closed;
  writeSecret(client, clientProperties(administrator, authorityFile));
  writeSecret(wish, `SCRAM-SHA-512=iterations=8192,password=${password}\n`);
  const change = [
    `--bootstrap-server=${kafka.host}:${kafka.ports.client}`,
    `--command-config=${client}`,
    '--alter',
    '--entity-type=users',
    `--entity-name=${user}`,
    `--add-config-file=${wish}`,
  ];
  try {
    await runCommand(command, [...args.slice(0, args.indexOf(MAIN)), 'kafka.admin.ConfigCommand', ...change]);
  } finally {
    for (const file of [client, wish]) rmSync(file, { force: true });
  }
}

function clientProperties({ user, password }: Account, authorityFile: string): string {
  const login = 'org.apache.kafka.common.security.scram.ScramLoginModule';
  return [
    'security.protocol=SASL_SSL',
    'sasl.mechanism=SCRAM-SHA-512',
    `sasl.jaas.config=${login} required username="${user}" password="${password}";`,
    'ssl.truststore.type=PEM',
    `ssl.truststore.location=${authorityFile}`,
    '',
  ].join('\n');
}
