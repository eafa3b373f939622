import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { bundleJavaScript } from "./javascript";
import { componentsOf } from "./components";
import { documentsFrom } from "./linked-files";
import { softwareBillOfMaterials, thirdPartyLicenses } from "./notices";
import { bundleTypes } from "./types";
import { writeMetafile } from "./metafile";
import { publishedManifest, startManifest } from "./manifests";
import { checkout, packageFolder } from "./places";
import { configSchema } from "../config-schema";

/** Writes the package into `dist/`, from nothing. */
export async function buildPackage(): Promise<void> {
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
  setModes(packageFolder);
}

/** The modes that npm packs, whatever the umask: everybody may read everything, and run what was executable. */
function setModes(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const runs = entry.isDirectory() || (statSync(path).mode & 0o100) !== 0;
    chmodSync(path, runs ? 0o755 : 0o644);
  }
}

function writeJson(file: string, value: object): void {
  writeFileSync(file, `${JSON.stringify(value, undefined, 2)}\n`);
}
