/** Where the manifests are. */
export const MANIFESTS = 'deploy/kubernetes';

export const OVERLAYS = ['home-region', 'reader-region', 'local'] as const;

/** Components of which at most one is chosen, group by group. */
const CHOICES: readonly (readonly string[])[] = [
  ['autoscaling-keda', 'autoscaling-hpa'],
  ['monitoring'],
  ['gateway'],
  ['external-secrets'],
  ['closed'],
  ['hooks-argocd', 'hooks-helm'],
];

export const COMPONENTS: readonly string[] = CHOICES.flat();

/** An overlay and the components beside it. */
export interface Combination {
  readonly overlay: string;
  readonly components: readonly string[];
}

/** Every overlay with every choice of components. */
export function combinations(): Combination[] {
  const choices = CHOICES.reduce<readonly (readonly string[])[]>(
    (chosen, group) => chosen.flatMap((some) => [some, ...group.map((one) => [...some, one])]),
    [[]],
  );
  return OVERLAYS.flatMap((overlay) => choices.map((components) => ({ overlay, components })));
}

/** Components that have a part for a region that only reads, in their folder `reader`. */
const PARTED = [
  'autoscaling-keda',
  'autoscaling-hpa',
  'gateway',
  'closed-gateway',
  'external-secrets',
  'external-secrets-closed',
];

/** What a closed system needs beside a component. */
const BESIDE_CLOSED: Readonly<Record<string, string>> = {
  gateway: 'closed-gateway',
  'external-secrets': 'external-secrets-closed',
};

/** The folder of a component, below that of all components, for an overlay. */
export function folderOf(component: string, overlay: string): string {
  return overlay === 'reader-region' && PARTED.includes(component) ? `${component}/reader` : component;
}

/** The folders of the components of a combination, with what a closed system needs beside some of them. */
export function foldersOf({ overlay, components }: Combination): readonly string[] {
  const isClosed = components.includes('closed');
  const beside = components.flatMap((name) => (isClosed ? (BESIDE_CLOSED[name] ?? []) : []));
  return [...components, ...beside].map((name) => folderOf(name, overlay));
}

export function nameOf({ overlay, components }: Combination): string {
  return [overlay, ...components].join(' + ');
}
