import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Kafka } from 'kafkajs';
import { forwardLog } from './kafka-log.ts';
import { newClient, openSocket } from './kafka-client.ts';
import { optionsOf, type KafkaHandle } from './kafka.ts';
import { silentLog } from './log.ts';

/** A client of Kafka that lives once: kafkajs cannot bring it back. */
export interface MortalClient {
  readonly kafka: Kafka;
  /** Whether a connection that it had is gone. It opens none any more; what others of its connections carry may still end well. */
  isBroken(): boolean;
  /** Ends it now: what has not left this machine never does, and nothing is sent or connected any more. Does nothing twice. */
  giveUp(): void;
}

/** A client was given up, or lost a connection, and was asked to connect again. */
class ClientEndedError extends Error {
  override readonly name = 'ClientEndedError';
}

/**
 * Makes a client of the same cluster. kafkajs itself knows no end: after a disconnect its retries connect again and send again
 * what their caller has given up (sendMessages: `if (!cluster.isConnected()) await cluster.connect()`). So this one refuses to
 * open a socket once it has ended, and names no brokers then, which is what kafkajs does not retry.
 */
export function createMortalClient(origin: KafkaHandle): MortalClient {
  const given = optionsOf(origin);
  const { brokers, log = silentLog } = given;
  const sockets = new Set<Socket>();
  let broken = false;
  let givenUp = false;
  const kafka = newClient(given, {
    brokers: () => (broken ? [] : [...brokers]),
    socketFactory(options) {
      if (broken) throw new ClientEndedError('this client of Kafka has ended');
      const socket = openSocket(options);
      sockets.add(socket);
      // One that was refused counts for nothing: the next broker of the list is tried.
      socket.once('connect', () => {
        for (const event of ['end', 'error', 'close']) socket.once(event, () => (broken = true));
      });
      return socket.once('close', () => sockets.delete(socket));
    },
    // What it says after its end is about retries that lead nowhere.
    logCreator: () => (entry) => {
      if (!givenUp) forwardLog(log, entry);
    },
  });
  return {
    kafka,
    isBroken: () => broken,
    giveUp() {
      if (givenUp) return;
      givenUp = true;
      broken = true;
      for (const socket of sockets) cut(socket);
    },
  };
}

/** Ends a connection so that not even what the kernel holds of it is sent, and says so to kafkajs, which hears no 'close'. */
function cut(socket: Socket): void {
  if (socket.connecting || socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
  socket.emit('error', new ClientEndedError('given up'));
}
