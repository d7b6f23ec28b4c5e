/** Where Grafana finds what, and what it may do without a login: files below its provisioning folder, by path. */
export function grafanaFiles(
  prometheusUrl: string,
  dashboardsFolder: string,
): Readonly<Record<string, object>> {
  return {
    'datasources/meridian.yaml': {
      apiVersion: 1,
      datasources: [
        {
          name: 'Meridian',
          uid: 'meridian',
          type: 'prometheus',
          url: prometheusUrl,
          access: 'proxy',
          isDefault: true,
        },
      ],
    },
    'dashboards/meridian.yaml': {
      apiVersion: 1,
      providers: [{ name: 'Meridian', type: 'file', options: { path: dashboardsFolder } }],
    },
  };
}

/** The variables of a Grafana that only this machine reaches, and that shows without a login. */
export function grafanaEnvironment(folder: string, port: number): Readonly<Record<string, string>> {
  return {
    GF_SERVER_HTTP_ADDR: '127.0.0.1',
    GF_SERVER_HTTP_PORT: String(port),
    GF_PATHS_DATA: `${folder}/data`,
    GF_PATHS_LOGS: `${folder}/logs`,
    GF_PATHS_PROVISIONING: `${folder}/provisioning`,
    GF_AUTH_ANONYMOUS_ENABLED: 'true',
    GF_AUTH_ANONYMOUS_ORG_ROLE: 'Viewer',
    GF_ANALYTICS_REPORTING_ENABLED: 'false',
    GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
    GF_LOG_MODE: 'console',
  };
}
