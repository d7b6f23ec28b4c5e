import cluster from 'kafkajs/src/cluster/index.js';

let isPatched = false;

/**
 * Has kafkajs 2.2.4 go on looking for a group's coordinator when the only broker that it knows stops answering
 * meanwhile. kafkajs takes that for an error that can never be mended, and ends the consumer for good. It happens when
 * Kafka stops while a group moves. Safe to call often; affects this process only.
 */
export function patchCoordinatorSearch(): void {
  if (isPatched) return;
  isPatched = true;
  const find = cluster.prototype.findGroupCoordinator;
  cluster.prototype.findGroupCoordinator = async function (group) {
    try {
      return await find.call(this, group);
    } catch (error) {
      if (error instanceof Error && error.name === 'KafkaJSGroupCoordinatorNotFound')
        Object.assign(error, { retriable: true });
      throw error;
    }
  };
}
