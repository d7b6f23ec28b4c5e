import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { grafanaEnvironment, grafanaFiles } from './grafana-files.ts';
import { dashboardsFolder, readObservers, ruleResources } from './observers.ts';
import { prometheusConfig, ruleGroups } from './prometheus-config.ts';

describe('what Prometheus is told', () => {
  it('is to scrape every service of the stack, by its name, and to keep the label of the service', () => {
    const http = { 'command-service': '127.0.0.1:8001', 'query-service-eu-west': '127.0.0.1:8101' };
    const config = prometheusConfig(http, '/rules.yaml', 5);
    expect(config.global.scrape_interval).toBe('5s');
    expect(config.rule_files).toEqual(['/rules.yaml']);
    expect(config.scrape_configs[0]).toMatchObject({
      honor_labels: true,
      static_configs: [
        { targets: ['127.0.0.1:8001'], labels: { instance: 'command-service' } },
        { targets: ['127.0.0.1:8101'], labels: { instance: 'query-service-eu-west' } },
      ],
    });
  });

  it('is the recording rules and alerts of the manifests', () => {
    const resources = ruleResources().map((file) => parse(readFileSync(file, 'utf8')) as unknown);
    const names = ruleGroups(resources).groups.map((group) => ('name' in group ? group.name : ''));
    expect(names).toEqual(['meridian-recorded', 'meridian-alerts', 'meridian-scaling']);
  });

  it('is nothing that is no resource of rules', () => {
    expect(() => ruleGroups([{ kind: 'ServiceMonitor', spec: {} }])).toThrow();
  });
});

describe('what Grafana is told', () => {
  it('is where Prometheus and the dashboards are', () => {
    const files = grafanaFiles('http://127.0.0.1:9090', dashboardsFolder());
    expect(files['datasources/meridian.yaml']).toMatchObject({
      datasources: [{ type: 'prometheus', url: 'http://127.0.0.1:9090' }],
    });
    expect(files['dashboards/meridian.yaml']).toMatchObject({
      providers: [
        { type: 'file', options: { path: expect.stringMatching(/monitoring\/dashboards$/) as string } },
      ],
    });
  });

  it('lets this machine alone look, and change nothing', () => {
    expect(grafanaEnvironment('/observe/grafana', 3000)).toMatchObject({
      GF_SERVER_HTTP_ADDR: '127.0.0.1',
      GF_SERVER_HTTP_PORT: '3000',
      GF_AUTH_ANONYMOUS_ORG_ROLE: 'Viewer',
      GF_PATHS_PROVISIONING: '/observe/grafana/provisioning',
    });
  });
});

describe('the observers of a folder', () => {
  it('are none where none was started', () => {
    expect(readObservers('/nowhere')).toEqual({});
  });
});
