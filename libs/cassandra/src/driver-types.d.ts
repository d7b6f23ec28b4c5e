import 'cassandra-driver';

declare module 'cassandra-driver' {
  namespace metadata {
    interface Metadata {
      /** Documented by the driver, and left out of its types: whether all nodes have the same version of the schema. */
      checkSchemaAgreement(): Promise<boolean>;
    }
  }
}
