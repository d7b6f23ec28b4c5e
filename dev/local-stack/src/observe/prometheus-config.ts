import { z } from 'zod';

/** Prometheus' own configuration. As JSON it is YAML too. */
export interface PrometheusConfig {
  readonly global: { readonly scrape_interval: string; readonly evaluation_interval: string };
  readonly rule_files: readonly string[];
  readonly scrape_configs: readonly ScrapeConfig[];
}

interface ScrapeConfig {
  readonly job_name: string;
  /** Services label their metrics with `service` themselves. */
  readonly honor_labels: true;
  readonly static_configs: readonly {
    readonly targets: readonly string[];
    readonly labels: Readonly<Record<string, string>>;
  }[];
}

/** Scrapes every service of a stack; `instance` is its name in the stack. `http` has the addresses by service. */
export function prometheusConfig(
  http: Readonly<Record<string, string>>,
  ruleFile: string,
  scrapeEveryS: number,
): PrometheusConfig {
  const every = `${scrapeEveryS}s`;
  return {
    global: { scrape_interval: every, evaluation_interval: every },
    rule_files: [ruleFile],
    scrape_configs: [
      {
        job_name: 'meridian',
        honor_labels: true,
        static_configs: Object.entries(http).map(([instance, address]) => ({
          targets: [address],
          labels: { instance },
        })),
      },
    ],
  };
}

const rulesResource = z.object({
  kind: z.literal('PrometheusRule'),
  spec: z.object({ groups: z.array(z.looseObject({ name: z.string() })) }),
});

/** The groups of rules of resources of the Prometheus operator, as Prometheus itself reads them. */
export function ruleGroups(resources: readonly unknown[]): { readonly groups: readonly object[] } {
  return { groups: resources.flatMap((resource) => rulesResource.parse(resource).spec.groups) };
}
