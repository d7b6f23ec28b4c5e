export { cassandraVariable, contactPointsOf, engineEnvironment, replicasByRegion } from './addresses.ts';
export { setDistance } from './distance/control-distance.ts';
export { MOST_DISTANCE_MS } from './distance/known-distance.ts';
export { cassandraNodes, enginesWith, MAX_NODES, type CassandraNode } from './cassandra-nodes.ts';
export { killEngine, pauseEngine, restartEngine, resumeEngine, stopEngine } from './control-engine.ts';
export { changeKafkaPassword } from './closed/change-kafka-password.ts';
export {
  areClosed,
  closedEnginesIn,
  EnginesAccessError,
  type Account,
  type ClosedEngines,
} from './closed/closed-engines.ts';
export { openSecrets, writeSecret, type IdentityFiles, type Secrets } from './closed/secrets.ts';
export { engineNames, isEngineName } from './engine-types.ts';
export type {
  CommitLog,
  Compiler,
  EngineAddresses,
  EngineMode,
  EngineName,
  EngineProgress,
  Environment,
  OnProgress,
} from './engine-types.ts';
export {
  ClusterSizeError,
  CommandFailedError,
  DistanceError,
  EngineRequirementsError,
  EngineStartError,
  ExternalEnginesError,
} from './errors.ts';
export type { MissingRequirement } from './errors.ts';
export { externalStatus, type ExternalStatus } from './external-engines.ts';
export { cacheFolder, defaultDataFolder, workspaceFolder } from './folders.ts';
export { findProgram } from './find-program.ts';
export { nodetool } from './nodetool.ts';
export { runCommand, type RunOptions } from './run-command.ts';
export { cachedFolder } from './sources/cached-folder.ts';
export { privateAptConfiguration } from './sources/mysql-packages.ts';
export { debianRelease, mainArchive, systemArchives } from './sources/system-archive.ts';
export { NoPackagesError, unpackedPackages } from './sources/unpacked-packages.ts';
export { namedEngines, startEngines } from './start-engines.ts';
export type { RunningEngines, StartEnginesOptions } from './start-engines.ts';
export { engineStatus, stopEngines } from './stop-engines.ts';
export type { EngineStatus } from './stop-engines.ts';
export { knownFolders, rememberFolder } from './known-folders.ts';
export { choosePorts, isPortFree, type PortWish } from './ports.ts';
export { identify, isAlive, processIdentity, signal, type ProcessIdentity } from './process-identity.ts';
export { withFileLock } from './file-lock.ts';
