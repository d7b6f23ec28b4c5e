import { partitionKey, queryServices, toToken } from '@meridian/contracts';
import { callFailure, connectChannels, type Channels } from '@meridian/rpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampled } from '../../testing/sampled.ts';
import { startTestService, type TestService } from '../../testing/test-service.ts';
import { openTestStore, type TestStore } from '../../testing/test-store.ts';

describe('{{Method}}, asked over gRPC', () => {
  let store: TestStore;
  let service: TestService;
  let channels: Channels;
  const questions = () => channels.client(queryServices.{{model}});

  beforeAll(async () => {
    store = await openTestStore();
    service = await startTestService(store, 'eu-west');
    channels = connectChannels([`127.0.0.1:${service.grpcPort}`]);
  });
  afterAll(async () => {
    channels?.close();
    await service?.stop();
    await store?.close();
  });

  it('answers with what the token names, and says that its answer includes it', async () => {
    const event = sampled('{{event}}', 'asked-for', 1n, 1n);
    const token = toToken(new Map([[partitionKey(event.context, event.shard), event.position]]));
    const asked = questions().{{method}}({ {{id}}: 'asked-for', read: { token } });
    await store.apply(event);
    expect(await asked).toMatchObject({
      {{id}}: 'asked-for',
      version: 1n,
      freshness: { region: 'eu-west', token },
    });
  });

  it('says that it does not know an id without events', async () => {
    const failure = await questions().{{method}}({ {{id}}: 'nowhere' }).catch(callFailure);
    expect(failure).toMatchObject({ status: 'NOT_FOUND', reason: '{{SUBJECT}}_NOT_FOUND' });
  });

  it.todo('shows the fields that {{Method}} is asked for');
});
