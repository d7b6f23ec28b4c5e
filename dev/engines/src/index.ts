export { cassandraVariable, engineEnvironment } from './addresses.ts';
export { killEngine, pauseEngine, restartEngine, resumeEngine, stopEngine } from './control-engine.ts';
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
  CommandFailedError,
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
export { namedEngines, startEngines } from './start-engines.ts';
export type { RunningEngines, StartEnginesOptions } from './start-engines.ts';
export { engineStatus, stopEngines } from './stop-engines.ts';
export type { EngineStatus } from './stop-engines.ts';
export { knownFolders, rememberFolder } from './known-folders.ts';
export { choosePorts, isPortFree, type PortWish } from './ports.ts';
export { identify, isAlive, processIdentity, signal, type ProcessIdentity } from './process-identity.ts';
export { withFileLock } from './file-lock.ts';
