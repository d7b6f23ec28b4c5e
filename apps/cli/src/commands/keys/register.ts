import type { Command } from 'commander';
import { defaultStackFolder } from '@meridian/local-stack';
import { rotate, rotateConfig, withStack } from './rotate.ts';

/** Adds `meridian keys …`: commands for the keys that protect personal data. */
export function registerKeyCommands(
  program: Command,
  signal: AbortSignal,
  exitCode: (code: number) => void,
): void {
  const keys = program.command('keys').description('manage the keys that protect personal data');
  keys
    .command('rotate')
    .description('wrap every customer’s key with the first key of MERIDIAN_MASTER_KEY, while services run')
    .option(
      '--fingerprints',
      'also retire older fingerprint keys; use it seven days after all replicas use the first of MERIDIAN_FINGERPRINT_KEY',
      false,
    )
    .action(async ({ fingerprints }: { readonly fingerprints: boolean }) =>
      exitCode(
        (await rotate(rotateConfig(withStack(defaultStackFolder(), process.env)), { fingerprints, signal }))
          ? 0
          : 1,
      ),
    );
}
