import { runService } from '@meridian/service-host';
import { compose } from './compose.ts';
import { queryServiceConfig } from './config.ts';

await runService({
  name: 'query-service',
  config: () => queryServiceConfig(process.env),
  start: compose,
});
