import { connect, type Socket } from 'node:net';
import type { NodeAddress } from '../probes/cassandra-probe.ts';
import { createDelayLine } from './delay-line.ts';

/** So many bytes of one direction may be on their way. What a network of 80 ms carries at 5 Gbit/s is less. */
const MOST_BYTES_ON_THEIR_WAY = 64 * 1024 * 1024;

/**
 * Connects a client with a server far away. Whatever one side sends, also that it ends or fails, reaches the other side
 * `delayMs` later, as it was sent. Beyond 64 MiB on their way in a direction, its sender waits.
 */
export function connectFar(client: Socket, server: NodeAddress, delayMs: () => number): void {
  const upstream = connect({ ...server, allowHalfOpen: true });
  for (const socket of [client, upstream]) {
    socket.setNoDelay(true);
    // An error is followed by 'close', which is passed on.
    socket.on('error', () => undefined);
  }
  passOn(client, upstream, delayMs);
  passOn(upstream, client, delayMs);
}

function passOn(from: Socket, to: Socket, delayMs: () => number): void {
  const line = createDelayLine(delayMs);
  let bytes = 0;
  let hasEnded = false;
  from.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MOST_BYTES_ON_THEIR_WAY) from.pause();
    line.add(() =>
      to.write(chunk, () => {
        bytes -= chunk.length;
        if (from.isPaused() && bytes <= MOST_BYTES_ON_THEIR_WAY / 2) from.resume();
      }),
    );
  });
  from.on('end', () => {
    hasEnded = true;
    line.add(() => to.end());
  });
  from.on('close', () => {
    // After an end, the other side closes by itself when it has everything.
    if (!hasEnded) line.add(() => to.resetAndDestroy());
  });
  to.on('close', () => line.clear());
}
