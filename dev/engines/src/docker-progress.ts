import type { OnProgress } from './engine-types.ts';
import { engineNames } from './engine-types.ts';

const LAYER = /^\s*([0-9a-f]{12})\s+(\S.*)$/;
const LAYER_DONE = /^(pull complete|already exists)/i;
const PULL = /\bpull(ing|ed)?\b/i;

/**
 * Tells from the lines that `docker compose up` prints what is going on: how many layers of the images are there, of those that are
 * known of so far, and how each container is. Other lines are told as they are.
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
