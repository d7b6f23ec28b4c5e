import type { OnProgress } from './engine-types.ts';
import { engineNames } from './engine-types.ts';

const LAYER = /^\s*([0-9a-f]{12})\s+(\S.*)$/;
const LAYER_DONE = /^(pull complete|already exists)/i;
const PULL = /\bpull(ing|ed)?\b/i;

/**
 * Reports progress from the lines that `docker compose up` prints: how many of the known image layers are present, and
 * the state of each container. Other lines are passed on unchanged.
 */
export function dockerProgress(onProgress: OnProgress): (line: string) => void {
  const layers = new Map<string, boolean>();
  return (line) => {
    const [, layer, status = ''] = LAYER.exec(line) ?? [];
    if (layer !== undefined) {
      layers.set(layer, layers.get(layer) === true || LAYER_DONE.test(status));
      const done = [...layers.values()].filter(Boolean).length;
      const message = 'docker: layers of the images';
      onProgress({ engine: 'docker', step: 'download', message, done, total: layers.size, unit: 'files' });
      return;
    }
    const engine = engineNames.find((name) => line.includes(name)) ?? 'docker';
    const step = PULL.test(line) ? 'download' : /\bhealthy\b/i.test(line) ? 'ready' : 'start';
    onProgress({ engine, step, message: line.trim() });
  };
}
