import { join } from "node:path";

// Apart from what builds them: whoever only needs to know the places loads no bundler.

export const checkout = join(__dirname, "../..");

/** The package as it is published: a folder with everything that it runs on. `npm run build` writes it again each time. */
export const packageFolder = join(checkout, "dist");

/** Where in the package Pulumi's language host looks for what starts a pack. */
export const startFile = "node_modules/@pulumi/pulumi/cmd/run-policy-pack/index.js";

/** What esbuild says of the bundle, for `esbuild --analyze` and https://esbuild.github.io/analyze/; not published. */
export const metafilePath = join(packageFolder, "metafile.json");
