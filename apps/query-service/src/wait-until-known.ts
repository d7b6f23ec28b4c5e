import type { CallContext } from '@meridian/rpc';
import { toldToCallers } from './answering.ts';
import type { FollowedGenerations } from './follow-generations.ts';

/**
 * Has every call wait until the live generations are known. Until then a read model names its first generation, which may not be live, and no
 * page token of another one opens. A call that waits counts among those that wait. It fails with UNAVAILABLE (REGION_STORE_UNAVAILABLE)
 * at its deadline, and earlier when no region's store serves.
 */
export function waitUntilKnown(
  generations: Pick<FollowedGenerations, 'known' | 'untilKnown'>,
  region: string,
): (context: CallContext) => Promise<void> | undefined {
  async function wait(context: CallContext): Promise<void> {
    const end = context.startWaiting();
    try {
      await generations.untilKnown(context);
    } catch (error) {
      throw toldToCallers(error, region);
    } finally {
      end();
    }
  }
  return (context) => (generations.known() ? undefined : wait(context));
}
