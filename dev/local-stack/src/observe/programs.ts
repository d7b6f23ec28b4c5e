import { existsSync } from 'node:fs';
import path from 'node:path';
import { findProgram, unpackedPackages } from '@meridian/engines';

/** A program, and where its pages are when it has to be told. */
export interface ObserverProgram {
  readonly program: string;
  readonly pages?: string;
}

/** What Debian's Prometheus needs to show its pages; a package finds its neighbours by relative links. */
const PACKAGES = [
  'prometheus',
  'fonts-glyphicons-halflings',
  'libjs-bootstrap4',
  'libjs-eonasdan-bootstrap-datetimepicker',
  'libjs-jquery',
  'libjs-jquery-hotkeys',
  'libjs-moment',
  'libjs-moment-timezone',
  'libjs-mustache',
  'libjs-popper.js',
  'libjs-rickshaw',
  'libjs-d3',
];

/**
 * Prometheus: of PATH, else of Debian's packages, which are fetched and unpacked and never installed. Rejects with
 * NoPackagesError where there is neither.
 */
export async function prometheusProgram(): Promise<ObserverProgram> {
  const present = findProgram('prometheus', process.env);
  if (present !== undefined) return { program: present };
  const root = await unpackedPackages(PACKAGES);
  return {
    program: path.join(root, 'usr/bin/prometheus'),
    pages: path.join(root, 'usr/share/prometheus/web/'),
  };
}

/** Whether prometheusProgram can find or fetch one here. */
export function canHavePrometheus(): boolean {
  return ['prometheus', 'apt-get'].some((name) => findProgram(name, process.env) !== undefined);
}

/** Where packages of Grafana put what the program reads. */
const GRAFANA_HOME = '/usr/share/grafana';

/** Grafana of PATH. No registry of packages that this workspace uses has Grafana, so it is not fetched. */
export function grafanaProgram(): ObserverProgram | undefined {
  const program = findProgram('grafana', process.env);
  if (program === undefined) return undefined;
  return { program, ...(existsSync(GRAFANA_HOME) ? { pages: GRAFANA_HOME } : {}) };
}
