import { type Component, keyOf } from "./components";

const rule = "-".repeat(80);

/** The licences of everything in the bundle, each text once, under the packages that it covers. */
export function thirdPartyLicenses(components: readonly Component[]): string {
  const covered = new Map<string, Component[]>();
  for (const component of components) {
    const text = component.texts.join("\n\n") || `No licence file in the package; ${component.license}.`;
    covered.set(text, [...(covered.get(text) ?? []), component]);
  }
  const sections = [...covered].map(([text, group]) => {
    const names = group.map((component) => `${keyOf(component)} (${component.license})`);
    return [rule, ...names, rule, "", text, ""].join("\n");
  });
  return `pulumi-ecs-image-guard holds code of these packages.\n\n${sections.join("\n")}`;
}

/** A software bill of materials in CycloneDX 1.6. It bears no date and no serial number, so that each build makes the same. */
export function softwareBillOfMaterials(
  self: { readonly name: string; readonly version: string; readonly license: string },
  components: readonly Component[],
): object {
  const ref = purl(self.name, self.version);
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "library",
        "bom-ref": ref,
        name: self.name,
        version: self.version,
        licenses: [{ license: { id: self.license } }],
        purl: ref,
      },
    },
    components: components.map(({ name, version, license, sha512 }) => {
      const [scope, short] = name.startsWith("@") ? name.split("/") : [undefined, name];
      return {
        type: "library",
        "bom-ref": purl(name, version),
        ...(scope === undefined ? {} : { group: scope }),
        name: short,
        version,
        hashes: [{ alg: "SHA-512", content: sha512 }],
        licenses: [/ (AND|OR|WITH) /.test(license) ? { expression: license } : { license: { id: license } }],
        purl: purl(name, version),
      };
    }),
    dependencies: [{ ref, dependsOn: components.map(({ name, version }) => purl(name, version)) }],
  };
}

/** A package URL (https://github.com/package-url/purl-spec, type npm). */
function purl(name: string, version: string): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}
