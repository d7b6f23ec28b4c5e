import {
  defaultStackFolder,
  operatorAccess,
  readStackState,
  stackStatus,
  type StackStatus,
} from '@meridian/local-stack';
import { say, table, toJson } from '../output.ts';
import { projectorLags, type ProjectorLag } from './projector-lags.ts';

/** Prints the status of engines and services, and how far each projector is behind, by partition. */
export async function status({ json = false }: { json?: boolean }): Promise<void> {
  const folder = defaultStackFolder();
  const found = await stackStatus(folder);
  const lags = await lagsOf(folder, found);
  if (json) return say(toJson({ ...found, lags }));
  if (found.engines.length === 0 && found.services.length === 0)
    return say('nothing was ever started here: run `meridian up` or `npm start`');
  if (found.engines.length > 0) {
    const engines = found.engines.map((e) => [
      e.name,
      e.state,
      e.address,
      'pid' in e && e.pid !== undefined ? String(e.pid) : '',
    ]);
    say(table(['engine', 'state', 'address', 'pid'], engines));
    say();
  }
  const services = found.services.map((s) => [
    s.name,
    s.state,
    s.address ?? '',
    `http://${s.httpAddress}`,
    String(s.pid ?? ''),
    String(s.restarts),
  ]);
  say(table(['service', 'state', 'gRPC', 'metrics and health', 'pid', 'restarts'], services));
  for (const { name, advice } of found.services) if (advice !== undefined) say(`\n${name} waits: ${advice}`);
  if (lags.length > 0) say(`\n${lagTable(lags)}`);
}

/** A projector whose group has no process does nothing, however small its lag is. */
function lagTable(lags: readonly ProjectorLag[]): string {
  const rows = lags.map(({ projector, generation, processes, context, lag, byPartition }) => [
    projector,
    generation === undefined ? '–' : String(generation),
    String(processes),
    context,
    String(lag),
    byPartition.join(' '),
  ]);
  return table(['projector', 'generation', 'processes', 'context', 'lag', 'by partition'], rows);
}

async function lagsOf(folder: string, { engines }: StackStatus): Promise<readonly ProjectorLag[]> {
  const state = readStackState(folder);
  const kafkaUp = engines.some(({ name, state: now }) => name === 'kafka' && now === 'running');
  if (!state || !kafkaUp) return [];
  const brokers = (state.engineEnvironment['MERIDIAN_KAFKA_BROKERS'] ?? '').split(',');
  return projectorLags(brokers, state.names.topicPrefix, operatorAccess(folder).security);
}
