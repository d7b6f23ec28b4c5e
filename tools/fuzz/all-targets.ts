import { startCommands } from './systems/commands.ts';
import { startQuestions } from './systems/questions.ts';
import type { Target } from './target.ts';
import { accessTokenTarget } from './targets/access-tokens.ts';
import { eventTarget } from './targets/events.ts';
import { importFileTarget } from './targets/import-files.ts';
import { methodTargets } from './targets/methods.ts';
import { grpcPortTarget, httpPortTarget } from './targets/ports.ts';
import { consistencyTokenTarget, pageTokenTarget } from './targets/tokens.ts';

/** Everything that takes input from outside, running in this process. */
export interface AllTargets {
  readonly targets: readonly Target[];
  stop(): Promise<void>;
}

/** Starts the services in memory and makes every target. */
export async function startAllTargets(): Promise<AllTargets> {
  const [commands, questions] = [await startCommands(), await startQuestions()];
  const methods = [methodTargets('commands', commands), methodTargets('questions', questions)];
  const [access, http] = [await accessTokenTarget(), await httpPortTarget()];
  const ports = [
    grpcPortTarget('command-service', commands.server.port),
    grpcPortTarget('query-service', questions.server.port),
  ];
  return {
    targets: [
      ...methods.flatMap(({ targets }) => targets),
      pageTokenTarget(),
      consistencyTokenTarget(),
      access.target,
      eventTarget(),
      http.target,
      ...ports.map(({ target }) => target),
      await importFileTarget(),
    ],
    async stop() {
      for (const one of [...methods, ...ports, access]) one.close();
      await http.close();
      await commands.stop();
      await questions.stop();
    },
  };
}
