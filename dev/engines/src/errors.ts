export interface MissingRequirement {
  /** What is missing: `Java 17`. */
  readonly what: string;
  /** How to get it: a command, or a sentence. */
  readonly howToGet: string;
}

/** This machine lacks programs that the engines need. Names all of these programs, each with how to get it. */
export class EngineRequirementsError extends Error {
  override readonly name = 'EngineRequirementsError';
  readonly missing: readonly MissingRequirement[];

  constructor(missing: readonly MissingRequirement[]) {
    const lines = missing.map(({ what, howToGet }) => `  - ${what}: ${howToGet}`);
    super(`The engines cannot be started here. Missing:\n${lines.join('\n')}`);
    this.missing = missing;
  }
}

/** The addresses of `external` engines are not usable. Names every problem at once. */
export class ExternalEnginesError extends Error {
  override readonly name = 'ExternalEnginesError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `The engines given by the environment cannot be used:\n${problems.map((line) => `  - ${line}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

/** So many Cassandra nodes per region are not possible: not here, or not with the data that the folder has. */
export class ClusterSizeError extends Error {
  override readonly name = 'ClusterSizeError';
}

/** Such a distance between the regions is not possible: not here, or not with the data that the folder has. */
export class DistanceError extends Error {
  override readonly name = 'DistanceError';
}

/** An engine ended, or did not answer in time, while it was being started. The message ends with its last log lines. */
export class EngineStartError extends Error {
  override readonly name = 'EngineStartError';
  readonly engine: string;
  readonly logFile: string;

  constructor(engine: string, reason: string, logFile: string, lastLines: string) {
    super(`${engine} did not start: ${reason}. Its log is ${logFile}; it ends with:\n${lastLines}`);
    this.engine = engine;
    this.logFile = logFile;
  }
}

/** A program failed: `command` with `exitCode`. The message ends with the last lines of its output. */
export class CommandFailedError extends Error {
  override readonly name = 'CommandFailedError';
  readonly command: string;
  readonly exitCode: number | null;

  constructor(command: string, exitCode: number | null, output: string) {
    super(`${command} failed (exit code ${exitCode ?? 'none'}):\n${output}`);
    this.command = command;
    this.exitCode = exitCode;
  }
}
