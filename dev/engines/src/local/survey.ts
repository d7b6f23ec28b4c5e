import type { Environment } from '../engine-types.ts';
import type { MissingRequirement } from '../errors.ts';
import { EngineRequirementsError } from '../errors.ts';
import { findJava, findProgram } from '../find-program.ts';
import { isLocalAddress } from '../ports.ts';
import type { MysqlChoice } from '../sources/mysql-program.ts';
import { chooseMysql } from '../sources/mysql-program.ts';
import { cassandraHosts } from './cassandra-engine.ts';

/** What this machine offers to run the engines with. */
export interface Survey {
  readonly java: string;
  readonly maven: string;
  /** Undefined when the user named a MySQL server. */
  readonly mysql: MysqlChoice | undefined;
}

export interface SurveyOptions {
  readonly templates: string;
  readonly environment: Environment;
  readonly mysqlIsGiven: boolean;
}

async function missingAddresses(): Promise<MissingRequirement[]> {
  const there = await Promise.all(cassandraHosts.map(isLocalAddress));
  return cassandraHosts
    .filter((_, index) => there[index] === false)
    .map((host) => ({
      what: `the loopback address ${host}`,
      howToGet:
        process.platform === 'darwin'
          ? `sudo ifconfig lo0 alias ${host}`
          : `sudo ip address add ${host}/8 dev lo`,
    }));
}

/** Checks for everything that the engines need. Throws EngineRequirementsError, naming all missing programs. */
export async function surveyMachine({
  templates,
  environment,
  mysqlIsGiven,
}: SurveyOptions): Promise<Survey> {
  const missing = await missingAddresses();
  const java = await findJava(environment);
  if (java === undefined) {
    const howToGet = 'apt-get install openjdk-17-jre-headless, or point JAVA_HOME to one';
    missing.push({ what: 'Java 17 (for Kafka and Cassandra)', howToGet });
  }
  const maven = findProgram('mvn', environment);
  if (maven === undefined) {
    missing.push({ what: 'Maven, mvn (to fetch Kafka and Cassandra)', howToGet: 'apt-get install maven' });
  }
  const mysql = mysqlIsGiven ? undefined : await chooseMysql(templates, environment);
  if (isMissing(mysql)) missing.push(...mysql);
  if (missing.length > 0 || java === undefined || maven === undefined || isMissing(mysql)) {
    throw new EngineRequirementsError(missing);
  }
  return { java, maven, mysql };
}

const isMissing = (
  choice: MysqlChoice | readonly MissingRequirement[] | undefined,
): choice is readonly MissingRequirement[] => Array.isArray(choice);
