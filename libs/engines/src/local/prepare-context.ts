import type { OnProgress } from '../engine-types.ts';

/** What preparing any engine takes. */
export interface PrepareContext {
  readonly templates: string;
  readonly dataFolder: string;
  readonly cache: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}
