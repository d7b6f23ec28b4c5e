import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findStack, type RunningStack } from '@meridian/local-stack';
import { startTestStack } from '@meridian/testing';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    readonly sharedStackFolder: string;
    readonly sharedSpansFile: string;
  }
}

/**
 * Starts one stack for all files that harm nothing in it, before the first of them; vitest calls it. Its spans go to a file, for
 * calls whose caller asks for a trace.
 */
export default async function startSharedStack({ provide }: TestProject): Promise<() => Promise<void>> {
  const spans = path.join(tmpdir(), `meridian-spans-${process.pid}.jsonl`);
  const stack = await startTestStack('shared', {
    ...{ MERIDIAN_TRACES: `file:${spans}`, MERIDIAN_TRACE_RATIO: '0' },
  });
  provide('sharedStackFolder', stack.folder);
  provide('sharedSpansFile', spans);
  return async () => {
    await stack.stop();
    await rm(spans, { force: true });
  };
}

/** The stack that the files share: what a file makes in it has ids of its own. */
export function sharedStack(): RunningStack {
  const folder = inject('sharedStackFolder');
  const stack = findStack(folder);
  if (!stack) throw new Error(`nothing runs in ${folder}`);
  return stack;
}

/** The file of its spans, a JSON object a line. */
export const sharedSpansFile = (): string => inject('sharedSpansFile');
