import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleJavaScript } from "./bundle/javascript";
import { componentsOf } from "./bundle/components";
import { documentsFrom } from "./bundle/linked-files";
import { softwareBillOfMaterials, thirdPartyLicenses } from "./bundle/notices";
import { bundleTypes } from "./bundle/types";
import { writeMetafile } from "./bundle/metafile";
import { publishedManifest, startManifest } from "./bundle/manifests";
import { checkout, packageFolder } from "./bundle/places";
import { configSchema } from "./config-schema";

async function buildPackage(): Promise<void> {
  const at = (...path: string[]) => join(packageFolder, ...path);
  rmSync(packageFolder, { recursive: true, force: true });
  mkdirSync(packageFolder);
  const documents = documentsFrom("README.md", (file) => readFileSync(join(checkout, file), "utf8"));
  for (const file of ["LICENSE", "PulumiPolicy.yaml", ...documents]) {
    mkdirSync(join(at(file), ".."), { recursive: true });
    copyFileSync(join(checkout, file), at(file));
  }
  const metafile = await bundleJavaScript(packageFolder);
  await bundleTypes(at("bin/index.d.ts"));
  writeJson(at("bin/config.schema.json"), configSchema());
  writeMetafile(metafile);
  const manifest = publishedManifest();
  const components = componentsOf(metafile);
  writeJson(at("package.json"), manifest);
  writeFileSync(at("THIRD_PARTY_LICENSES"), thirdPartyLicenses(components));
  writeJson(at("SBOM.cdx.json"), softwareBillOfMaterials(manifest, components));
  writeJson(at("node_modules/@pulumi/pulumi/package.json"), startManifest());
}

function writeJson(file: string, value: object): void {
  writeFileSync(file, `${JSON.stringify(value, undefined, 2)}\n`);
}

buildPackage().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
