import { runService } from '@meridian/service-host';
import { compose } from './compose.ts';
import { commandServiceConfig } from './config.ts';

await runService({
  name: 'command-service',
  config: () => commandServiceConfig(process.env),
  start: compose,
});
