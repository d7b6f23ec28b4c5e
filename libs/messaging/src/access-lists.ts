import kafkajs from 'kafkajs';
import type { KafkaHandle } from './kafka.ts';

/** What one principal may do with topics or groups of a name, or of all names that begin with it. */
export interface KafkaGrant {
  /** The account's name. */
  readonly user: string;
  readonly on: 'topic' | 'group' | 'cluster';
  readonly name: string;
  /** `prefix`: everything whose name begins with `name`. */
  readonly match: 'exactly' | 'prefix';
  readonly may: readonly KafkaOperation[];
}

export type KafkaOperation = 'read' | 'write' | 'describe' | 'describe-configs' | 'delete';

const ON = {
  topic: kafkajs.AclResourceTypes.TOPIC,
  group: kafkajs.AclResourceTypes.GROUP,
  cluster: kafkajs.AclResourceTypes.CLUSTER,
} as const;

const MATCH = {
  exactly: kafkajs.ResourcePatternTypes.LITERAL,
  prefix: kafkajs.ResourcePatternTypes.PREFIXED,
} as const;

const OPERATIONS = {
  read: kafkajs.AclOperationTypes.READ,
  write: kafkajs.AclOperationTypes.WRITE,
  describe: kafkajs.AclOperationTypes.DESCRIBE,
  'describe-configs': kafkajs.AclOperationTypes.DESCRIBE_CONFIGS,
  delete: kafkajs.AclOperationTypes.DELETE,
} as const;

/** The cluster's name as a resource. */
export const KAFKA_CLUSTER = 'kafka-cluster';

/** Enters grants into the access control lists. Safe to repeat. Needs an account that may alter the cluster. */
export async function grantKafka(kafka: KafkaHandle, grants: readonly KafkaGrant[]): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.createAcls({
      acl: grants.flatMap(({ user, on, name, match, may }) =>
        may.map((operation) => ({
          resourceType: ON[on],
          resourceName: name,
          resourcePatternType: MATCH[match],
          principal: `User:${user}`,
          host: '*',
          operation: OPERATIONS[operation],
          permissionType: kafkajs.AclPermissionTypes.ALLOW,
        })),
      ),
    });
  } finally {
    await admin.disconnect();
  }
}
