// A service for the tests: ready at once, or with ADVICE waiting for an operator, and running until it is killed.
import { createServer } from 'node:http';

const { ADVICE } = process.env;

createServer((_request, response) => {
  if (ADVICE) response.writeHead(503).end(`not ready: ${ADVICE}\n`);
  else response.end('ready\n');
}).listen(Number(process.env['MERIDIAN_HTTP_PORT']), '127.0.0.1');
