// Loaded before a replica's own code (`--import`). Sends its connections through the proxies of a run, and plants a defect
// where one is asked for. Nothing of this is in the product.
import net from 'node:net';
import { plant } from '../defects/plant.ts';

const redirects = new Map(
  (process.env['MERIDIAN_FAULTS_REDIRECT'] ?? '')
    .split(',')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [from = '', to = ''] = pair.split('=');
      return [Number(from), Number(to)];
    }),
);

const HERE: readonly unknown[] = [undefined, '127.0.0.1', 'localhost'];

const isPort = (value: unknown): boolean => /^\d+$/.test(String(value));

/** Where a connection goes instead; undefined when it may go where it wants. */
function redirectOf(port: unknown, host: unknown): number | undefined {
  return HERE.includes(host) ? redirects.get(Number(port)) : undefined;
}

function redirected(target: unknown): unknown {
  if (typeof target !== 'object' || target === null || !('port' in target)) return target;
  const port = redirectOf(target.port, 'host' in target ? target.host : undefined);
  return port === undefined ? target : { ...target, port };
}

// Every way to connect ends in this method; net.connect calls it with the list [options, callback] as its one argument.
if (redirects.size > 0) {
  const connect: unknown = Reflect.get(net.Socket.prototype, 'connect');
  if (typeof connect !== 'function') throw new Error('connections cannot be redirected');
  net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]): net.Socket {
    const [first, second] = args;
    if (Array.isArray(first)) first[0] = redirected(first[0]);
    else if (isPort(first)) args[0] = redirectOf(first, second) ?? first;
    else args[0] = redirected(first);
    Reflect.apply(connect, this, args);
    return this;
  };
}

const defect = process.env['MERIDIAN_FAULTS_DEFECT'];
if (defect) plant(defect);
