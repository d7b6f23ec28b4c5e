import { join } from 'node:path';
import { findProgram, NoPackagesError, unpackedPackages } from '@meridian/engines';
import { PINS } from './pins.ts';

/** The program promtool: of PATH, else of Debian's package, which is fetched and unpacked and never installed. */
export async function promtoolProgram(): Promise<string> {
  const present = findProgram('promtool', process.env);
  if (present !== undefined) return present;
  try {
    return join(await unpackedPackages([PINS.promtool.package]), 'usr/bin/promtool');
  } catch (error) {
    if (!(error instanceof NoPackagesError)) throw error;
    throw new Error(
      `there is neither promtool nor apt-get: put promtool ${PINS.promtool.oldest} or newer on PATH`,
      { cause: error },
    );
  }
}
