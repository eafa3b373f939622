import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "./places";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly dependencies?: Readonly<Record<string, string | undefined>>;
  readonly [key: string]: unknown;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(checkout, folder, "package.json"), "utf8")) as Manifest;
}

/** What of the checkout's manifest is for those who develop it. */
const ownAffair = ["private", "scripts", "devDependencies", "dependencies", "optionalDependencies"];

/**
 * The published `package.json`. Nothing is left to fetch: the dependencies of the checkout are in the bundle. npm and pnpm take
 * `@pulumi/pulumi` out of the package (`bundleDependencies`); its range is that of `@pulumi/policy`, which users of the library have, so
 * that yarn, which takes nothing out of packages, fetches nothing more for them. The library's policies are for a pack that
 * brings its own `@pulumi/policy`.
 */
export function publishedManifest(): Manifest {
  const manifest = manifestOf(".");
  const { dependencies = {} } = manifest;
  const kept = Object.entries(manifest).filter(([key]) => !ownAffair.includes(key));
  const text = JSON.stringify(Object.fromEntries(kept)).replaceAll('"./dist/', '"./');
  return {
    ...(JSON.parse(text) as Manifest),
    dependencies: { "@pulumi/pulumi": dependencies["@pulumi/pulumi"] },
    bundleDependencies: ["@pulumi/pulumi"],
    // Named here alone, a peer is optional at any version; npm queries the registry for a range in `peerDependencies`.
    peerDependenciesMeta: { "@pulumi/policy": { optional: true } },
  };
}

/** Of the package under which the language host looks for what starts a pack: its version is that of the SDK in the bundle. */
export function startManifest(): object {
  const { version, license } = manifestOf("node_modules/@pulumi/pulumi");
  return {
    name: "@pulumi/pulumi",
    version,
    description:
      "What starts the policy pack ecs-image-guard, in place of Pulumi's SDK, which is in the pack's bundle.",
    license,
  };
}
