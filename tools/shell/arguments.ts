import { parseArgs, type ParseArgsConfig } from 'node:util';

/**
 * The words and options of this process' command line. For an argument that does not exist, says which it is, and ends the
 * process with 2.
 */
export function argumentsOf<Config extends ParseArgsConfig>(
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(2);
  }
}
