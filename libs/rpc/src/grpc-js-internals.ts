import { createRequire } from 'node:module';

const patched = new Set<string>();

/**
 * Changes a private part of grpc-js, once in this process: `change` is given what a file of its build exports, and throws when this
 * version keeps that part elsewhere.
 */
export function patchGrpcJs<Exports>(file: string, change: (exports: Exports) => void): void {
  if (patched.has(file)) return;
  const load: (id: string) => Exports = createRequire(import.meta.url);
  change(load(`@grpc/grpc-js/build/src/${file}`));
  patched.add(file);
}
