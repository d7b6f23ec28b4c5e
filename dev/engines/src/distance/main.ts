// The process that keeps regions apart. Its argument is what it is told, as JSON.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { parseDistanceSettings, startDistanceProxy } from './distance-proxy.ts';
import { isPossible } from './known-distance.ts';

const settings = parseDistanceSettings(process.argv[2] ?? '');
let { distanceMs } = settings;
const proxy = await startDistanceProxy(settings.routes, distanceMs);
const control = createServer((request, response) => {
  if (request.method === 'PUT') {
    const wanted = Number(new URL(request.url ?? '', 'http://127.0.0.1').searchParams.get('ms'));
    if (!isPossible(wanted)) {
      response.writeHead(400).end();
      return;
    }
    distanceMs = wanted;
    proxy.setDistance(distanceMs);
  }
  response.end(String(distanceMs));
});
control.listen({ port: settings.controlPort, host: '127.0.0.1', exclusive: true });
await once(control, 'listening');
process.once('SIGTERM', () => process.exit(0));
