import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Kafka } from 'kafkajs';
import { forwardLog } from './kafka-log.ts';
import { newClient, openSocket } from './kafka-client.ts';
import { optionsOf, type KafkaHandle } from './kafka.ts';
import { silentLog } from './log.ts';

/** A Kafka client for one use: once ended, kafkajs cannot bring it back. */
export interface MortalClient {
  readonly kafka: Kafka;
  /**
   * Whether one of the client's connections is lost. The client then opens no connection any more; requests on its
   * other connections may still succeed.
   */
  isBroken(): boolean;
  /**
   * Ends the client now. Bytes that have not left this machine never leave it, and nothing is sent or connected any
   * more. A repeat does nothing.
   */
  giveUp(): void;
}

/** A client was given up, or lost a connection, and was asked to connect again. */
class ClientEndedError extends Error {
  override readonly name = 'ClientEndedError';
}

/**
 * Makes a client of the same cluster that can end. A client of kafkajs itself does not end. After a disconnect its
 * retries connect again, and send again what their caller has given up (sendMessages: `if (!cluster.isConnected())
 * await cluster.connect()`). So this client refuses to open a socket once it has ended. It then names no brokers, an
 * error that kafkajs does not retry.
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
      // A refused connection does not count as lost: kafkajs tries the next broker of the list.
      socket.once('connect', () => {
        for (const event of ['end', 'error', 'close']) socket.once(event, () => (broken = true));
      });
      return socket.once('close', () => sockets.delete(socket));
    },
    // After its end, a client logs only about retries that cannot succeed.
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

/**
 * Ends a connection so that not even bytes in the kernel's buffer are sent. Reports the end to kafkajs as an error,
 * because kafkajs does not listen for 'close'.
 */
function cut(socket: Socket): void {
  if (socket.connecting || socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
  socket.emit('error', new ClientEndedError('given up'));
}
