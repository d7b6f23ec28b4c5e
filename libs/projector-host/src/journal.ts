import { createJournalReader, type ChannelSecurity } from '@meridian/client';
import type { Journal } from '@meridian/projector';

/** The journal of the command-service at these addresses, as a rebuild reads it; undefined when there are none. */
export function journalOf(
  addresses: readonly string[] | undefined,
  security: ChannelSecurity = {},
): (Journal & { close(): void }) | undefined {
  if (!addresses) return undefined;
  const reader = createJournalReader({ addresses, ...security });
  return {
    head: async () => (await reader.head()).position,
    id: async () => (await reader.head()).journalId || undefined,
    async *read({ shard, context, after, until, signal }) {
      const range = { from: after + 1n, until, shards: [shard], contexts: [context], signal };
      for await (const { events } of reader.read(range)) yield events;
    },
    close: () => reader.close(),
  };
}
