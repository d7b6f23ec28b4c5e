/** Every tool and schema that comes from a registry, by its exact version. */
export const PINS = {
  kustomize: { module: 'sigs.k8s.io/kustomize/kustomize/v5', version: 'v5.8.1' },
  /** A Python package that carries the JSON schemas of Kubernetes itself; only its files are used. */
  kubernetes: { package: 'kubernetes-validate', version: '1.37.0', schemas: 'v1.37.0-local-strict' },
  /** Runs the unit tests of alert rules: of Debian's package `prometheus`, or one of PATH, from this version on. */
  promtool: { package: 'prometheus', oldest: '2.42' },
  strimzi: {
    version: '1.2.0',
    classes: {
      Kafka: 'kafka.Kafka',
      KafkaNodePool: 'nodepool.KafkaNodePool',
      KafkaUser: 'user.KafkaUser',
      KafkaTopic: 'topic.KafkaTopic',
    },
  },
} as const;

/** A Go module that carries definitions of custom resources, and the files that have them. */
export interface DefinitionModule {
  readonly module: string;
  readonly version: string;
  readonly files: readonly string[];
}

export const DEFINITION_MODULES: readonly DefinitionModule[] = [
  {
    module: 'github.com/kedacore/keda/v2',
    version: 'v2.21.0',
    files: ['config/crd/bases/keda.sh_scaledobjects.yaml'],
  },
  {
    module: 'github.com/prometheus-operator/prometheus-operator',
    version: 'v0.85.0',
    files: [
      'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
      'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
    ],
  },
  {
    module: 'sigs.k8s.io/gateway-api',
    version: 'v1.5.0',
    files: [
      'config/crd/standard/gateway.networking.k8s.io_gateways.yaml',
      'config/crd/standard/gateway.networking.k8s.io_grpcroutes.yaml',
      'config/crd/standard/gateway.networking.k8s.io_backendtlspolicies.yaml',
    ],
  },
  {
    module: 'github.com/external-secrets/external-secrets',
    version: 'v1.3.2',
    files: ['config/crds/bases/external-secrets.io_externalsecrets.yaml'],
  },
  {
    module: 'github.com/envoyproxy/gateway',
    version: 'v1.6.0',
    files: [
      'charts/gateway-helm/crds/generated/gateway.envoyproxy.io_backendtrafficpolicies.yaml',
      'charts/gateway-helm/crds/generated/gateway.envoyproxy.io_clienttrafficpolicies.yaml',
    ],
  },
];

/** Custom resources whose definitions no registry has: they are checked by our rules only, and the check says so. */
export const WITHOUT_SCHEMA: Readonly<Record<string, string>> = {
  'k8ssandra.io/v1alpha1 K8ssandraCluster': 'no registry of packages serves the operator',
  'mysql.oracle.com/v2 InnoDBCluster': 'no registry of packages serves the operator',
};
