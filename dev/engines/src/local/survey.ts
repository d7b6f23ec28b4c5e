import { broadcastHost, cassandraNodes } from '../cassandra-nodes.ts';
import type { Environment } from '../engine-types.ts';
import type { MissingRequirement } from '../errors.ts';
import { EngineRequirementsError } from '../errors.ts';
import { findJava, findProgram } from '../find-program.ts';
import { isLocalAddress } from '../ports.ts';
import type { MysqlChoice } from '../sources/mysql-program.ts';
import { chooseMysql } from '../sources/mysql-program.ts';

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
  readonly nodesPerRegion: number;
  /** Whether there is a distance between the regions. */
  readonly areApart: boolean;
}

/** Addresses of nodes that this machine does not have: Linux has all of them, other systems often 127.0.0.1 alone. */
export async function missingAddresses(
  nodesPerRegion: number,
  areApart = false,
): Promise<MissingRequirement[]> {
  const nodes = cassandraNodes(nodesPerRegion);
  const hosts = [...nodes.map(({ host }) => host), ...(areApart ? nodes.map(broadcastHost) : [])];
  const there = await Promise.all(hosts.map(isLocalAddress));
  return hosts
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
  nodesPerRegion,
  areApart,
}: SurveyOptions): Promise<Survey> {
  const missing = await missingAddresses(nodesPerRegion, areApart);
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
