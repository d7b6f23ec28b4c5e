// A service for the tests of the supervisor: ready at once, and running until it is killed.
import { createServer } from 'node:http';

createServer((_request, response) => response.end('ready\n')).listen(
  Number(process.env['MERIDIAN_HTTP_PORT']),
  '127.0.0.1',
);
