import server from '@grpc/grpc-js/build/src/server.js';
import serverInterceptors from '@grpc/grpc-js/build/src/server-interceptors.js';

/** The files of grpc-js' build that are changed; imported by name, so that a bundle holds the same ones that grpc-js itself uses. */
const FILES = { server, 'server-interceptors': serverInterceptors } as const;

const patched = new Set<string>();

/**
 * Changes a private part of grpc-js, once in this process. `change` gets the exports of one file of the build. It
 * throws when this version keeps the part elsewhere.
 */
export function patchGrpcJs<Exports>(
  file: keyof typeof FILES,
  part: string,
  change: (exports: Exports) => void,
): void {
  const name = `${file} ${part}`;
  if (patched.has(name)) return;
  const load: (files: object, name: string) => Exports = Reflect.get;
  change(load(FILES, file));
  patched.add(name);
}
