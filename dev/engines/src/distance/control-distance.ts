import { realpathSync } from 'node:fs';
import { readState } from '../engine-state.ts';
import { checkDistance, keepDistance } from './known-distance.ts';

const timeoutMs = 2_000;

async function ask(port: number, method: 'GET' | 'PUT', query = ''): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/${query}`, {
    method,
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the distance was not changed: ${response.status} ${text}`);
  return Number(text);
}

/** Whether the process of a distance answers at its control port. */
export async function probeDistance(port: number): Promise<boolean> {
  return ask(port, 'GET').then(Number.isFinite, () => false);
}

/**
 * Changes the distance between the regions of running engines, in milliseconds there and back. From then on it is that
 * of the folder. Rejects for a distance that regions
 * cannot have, and when the engines were started without one.
 */
export async function setDistance(dataFolder: string, ms: number): Promise<void> {
  checkDistance(ms);
  const folder = realpathSync(dataFolder);
  const port = readState(folder)?.engines.distance?.ports.client;
  if (port === undefined) throw new Error(`the engines in ${folder} were started without a distance`);
  await ask(port, 'PUT', `?ms=${ms}`);
  keepDistance(folder, ms);
}
