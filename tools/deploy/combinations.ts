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
export function allCombinations(): Combination[] {
  const choices = CHOICES.reduce<readonly (readonly string[])[]>(
    (chosen, group) => chosen.flatMap((some) => [some, ...group.map((one) => [...some, one])]),
    [[]],
  );
  return OVERLAYS.flatMap((overlay) => choices.map((components) => ({ overlay, components })));
}

/**
 * Combinations in which any three choices stand together that can: what goes wrong between three of them shows. They are a tenth of
 * all. Each is the one that adds most to those before it: a greedy covering array of strength three. Source: Cohen, Dalal, Fredman
 * and Patton, “The AETG System”, IEEE TSE 23, 1997.
 */
export function combinationsOfThree(): Combination[] {
  const all = new Map(allCombinations().map((combination) => [combination, threesOf(combination)]));
  const missing = new Set([...all.values()].flat());
  const chosen: Combination[] = [];
  while (missing.size > 0) {
    let best: { readonly combination: Combination; readonly adds: number } | undefined;
    for (const [combination, threes] of all) {
      const adds = threes.filter((three) => missing.has(three)).length;
      if (adds > (best?.adds ?? 0)) best = { combination, adds };
    }
    if (!best) break;
    chosen.push(best.combination);
    for (const three of all.get(best.combination) ?? []) missing.delete(three);
  }
  return chosen;
}

/** Any three choices of a combination. To choose no component of a group is a choice, too. */
export function threesOf({ overlay, components }: Combination): string[] {
  const choices = [
    overlay,
    ...CHOICES.map((group) => group.find((one) => components.includes(one)) ?? `no ${group.join(' or ')}`),
  ];
  return choices.flatMap((one, first) =>
    choices
      .slice(first + 1)
      .flatMap((two, second) =>
        choices.slice(first + second + 2).map((three) => `${one} + ${two} + ${three}`),
      ),
  );
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

/** The folders of the components of a combination, with what a closed system needs beside some of them. Hooks come last. */
export function foldersOf({ overlay, components }: Combination): readonly string[] {
  const isClosed = components.includes('closed');
  const beside = components.flatMap((name) => (isClosed ? (BESIDE_CLOSED[name] ?? []) : []));
  const isOrder = (name: string) => name.startsWith('hooks-');
  const others = components.filter((name) => !isOrder(name));
  return [...others, ...beside, ...components.filter(isOrder)].map((name) => folderOf(name, overlay));
}

export function nameOf({ overlay, components }: Combination): string {
  return [overlay, ...components].join(' + ');
}
