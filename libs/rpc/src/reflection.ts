import type { ServiceImplementation } from 'nice-grpc';
import { HealthDefinition } from 'nice-grpc-server-health';
import { ServerReflection, ServerReflectionService } from 'nice-grpc-server-reflection';
import { standardDescriptors } from './standard-descriptors.ts';

const { serverReflectionInfo } = ServerReflectionService;
const V1ALPHA = {
  serverReflectionInfo: {
    ...serverReflectionInfo,
    path: '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
  },
};

/** A definition of reflection, whatever its path is. */
type ReflectionDefinition = typeof ServerReflectionService | typeof V1ALPHA;

/** Takes reflection under one of its names. */
export interface ReflectionRegistry {
  add(
    definition: ReflectionDefinition,
    implementation: ServiceImplementation<typeof ServerReflectionService>,
  ): unknown;
}

/**
 * Adds reflection over a binary FileDescriptorSet, under both of its names, grpc.reflection.v1 and v1alpha. Older tools
 * only ask for v1alpha (evans, grpcui 1.4, grpcurl before 1.8.8). The messages of both are the same on the wire.
 * Reflection lists `names` and health.
 */
export function addReflection(
  server: ReflectionRegistry,
  descriptorSet: Uint8Array,
  names: readonly string[],
): void {
  // Descriptor sets are joined by joining their bytes: each is one repeated field.
  const joined = Uint8Array.from([...descriptorSet, ...standardDescriptors]);
  const reflection = ServerReflection(joined, [...names, HealthDefinition.fullName]);
  server.add(ServerReflectionService, reflection);
  server.add(V1ALPHA, reflection);
}
