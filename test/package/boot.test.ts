import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { basename, join } from "node:path";
import { packageFolder } from "../../scripts/bundle/places";
import { packageOf, readMetafile } from "../../scripts/bundle/metafile";

const library = join(packageFolder, "bin/index.js");
/** Each output of the bundle → the sources in it. */
const sources = new Map(
  Object.entries(readMetafile().outputs).map(([file, { inputs }]) => [basename(file), Object.keys(inputs)]),
);

/** The files of the bundle that a fresh process has loaded after running the code, and nobody else's. */
function loadedBy(code: string): string[] {
  const script = `const guard = require(${JSON.stringify(library)});
Promise.resolve((async () => { ${code} })()).then(() => {
  process.stdout.write(JSON.stringify(Object.keys(require.cache)), () => process.exit());
});`;
  const options = { encoding: "utf8", timeout: 30_000 } as const;
  const loaded = JSON.parse(execFileSync(process.execPath, ["-e", script], options)) as string[];
  for (const file of loaded) assert.equal(join(file, ".."), join(packageFolder, "bin"));
  return loaded.map((file) => basename(file));
}

/** The packages and the rooms of our own that lie in some files of the bundle. */
function contentsOf(files: readonly string[]): Set<string> {
  const inputs = files.flatMap((file) => sources.get(file) ?? []);
  return new Set(inputs.map((input) => packageOf(input) ?? input));
}

const inspect = `await new guard.Inspector().inspect("127.0.0.1:1/app:1", { os: "linux", architecture: "amd64" })`;

describe("loading the policies", () => {
  it("loads no code of other packages: nothing of AWS, no HTTP library and nothing of Pulumi", () => {
    const loaded = contentsOf(loadedBy("guard.ecsImagePolicies()"));
    assert.deepEqual(
      [...loaded].filter((name) => !name.startsWith("policypack/")),
      [],
    );
    assert.ok(loaded.has("policypack/run/ecs-image-policies.ts"));
  });

  it("loads the HTTP client with the first image only", () => {
    const loaded = contentsOf(loadedBy("new guard.Inspector()"));
    for (const late of ["registry/client", "http/transport"])
      assert.ok(!loaded.has(`policypack/${late}.ts`), late);
  });

  it("loads the HTTP library for the first image, and nothing of AWS for one of another registry", () => {
    const loaded = contentsOf(loadedBy(inspect));
    assert.ok(loaded.has("policypack/registry/client.ts") && loaded.has("undici"));
    assert.deepEqual(
      [...loaded].filter((name) => /^@aws-sdk|^@smithy|^@pulumi|^@grpc/.test(name)),
      [],
    );
  });
});
