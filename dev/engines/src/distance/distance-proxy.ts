import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { z } from 'zod';
import { connectFar } from './delayed-connection.ts';

const address = z.object({ host: z.string(), port: z.number().int().positive() });

const route = z.object({ listen: address, to: address });
/** Who connects to `listen` is connected with `to`, far away. */
export type Route = z.infer<typeof route>;

const distanceSettings = z.object({
  routes: z.array(route),
  /** Where the distance is asked for and changed, on 127.0.0.1. */
  controlPort: z.number().int().positive(),
  /** Milliseconds that a request and its answer take on the way together. */
  distanceMs: z.number().nonnegative(),
});
/** What the process of the distance is told. */
export type DistanceSettings = z.infer<typeof distanceSettings>;

export function parseDistanceSettings(text: string): DistanceSettings {
  return distanceSettings.parse(JSON.parse(text));
}

/** Listens for connections to places far away. */
export interface DistanceProxy {
  /** Changes the distance, also of open connections; what is on its way already arrives as it would have. */
  setDistance(ms: number): void;
  /** Takes no new connections. */
  close(): void;
}

/** Resolves when all routes are open. Rejects when an address is taken. */
export async function startDistanceProxy(
  routes: readonly Route[],
  distanceMs: number,
): Promise<DistanceProxy> {
  // Each way takes half of it.
  let delayMs = distanceMs / 2;
  const servers = await Promise.all(
    routes.map(async ({ listen, to }): Promise<Server> => {
      const server = createServer({ allowHalfOpen: true }, (client) => connectFar(client, to, () => delayMs));
      server.listen({ ...listen, exclusive: true });
      await once(server, 'listening');
      return server;
    }),
  );
  return {
    setDistance: (ms) => (delayMs = ms / 2),
    close() {
      for (const server of servers) server.close();
    },
  };
}
