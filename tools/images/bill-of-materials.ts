import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import parseExpression from 'spdx-expression-parse';
import type { BundledPackage } from './packages.ts';

/** What a bill of materials is about. */
export interface Subject {
  readonly name: string;
  readonly version: string;
  readonly packages: readonly BundledPackage[];
}

const licences = new Contrib.License.Factories.LicenseFactory(parseExpression);

/** A package of npm as a component. Its reference is its package URL. */
export function componentOf({
  name,
  version,
  licence,
}: Pick<BundledPackage, 'name' | 'version' | 'licence'>): Models.Component {
  const [, group, short = name] = /^(?:(@[^/]+)\/)?(.+)$/.exec(name) ?? [];
  // https://github.com/package-url/purl-spec: the scope is a namespace, and its `@` is encoded.
  const purl = `pkg:npm/${group === undefined ? '' : `${encodeURIComponent(group)}/`}${short}@${version}`;
  return new Models.Component(Enums.ComponentType.Library, short, {
    bomRef: purl,
    purl,
    version,
    ...(group === undefined ? {} : { group }),
    licenses: new Models.LicenseRepository([licences.makeFromString(licence)]),
  });
}

/** The bill of materials of a bundle in CycloneDX 1.6, as JSON. The same bundle gives the same bytes. */
export function billOfMaterials({ name, version, packages }: Subject): string {
  const component = new Models.Component(Enums.ComponentType.Application, name, {
    bomRef: name,
    version,
    dependencies: new Models.BomRefRepository(packages.map((one) => componentOf(one).bomRef)),
  });
  return serialized(component, packages.map(componentOf));
}

/** A bill of materials in CycloneDX 1.6, as JSON. The same components give the same bytes. */
export function serialized(component: Models.Component, components: readonly Models.Component[]): string {
  const bom = new Models.Bom({
    metadata: new Models.Metadata({ component }),
    components: new Models.ComponentRepository(components),
  });
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 1 })}\n`;
}
