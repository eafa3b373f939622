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

/** What a fresh process has loaded after running the code: files, all of the bundle, and modules of Node itself. */
function loadedBy(code: string): { files: string[]; ofNode: string[] } {
  const script = `const guard = require(${JSON.stringify(library)});
Promise.resolve((async () => { ${code} })()).then(() => {
  const loaded = { files: Object.keys(require.cache), ofNode: process.moduleLoadList };
  process.stdout.write(JSON.stringify(loaded), () => process.exit());
});`;
  const options = { encoding: "utf8", timeout: 30_000 } as const;
  const loaded = JSON.parse(execFileSync(process.execPath, ["-e", script], options)) as ReturnType<
    typeof loadedBy
  >;
  for (const file of loaded.files) assert.equal(join(file, ".."), join(packageFolder, "bin"));
  return { ...loaded, files: loaded.files.map((file) => basename(file)) };
}

/** The packages and the rooms of our own that lie in some files of the bundle. */
function contentsOf(files: readonly string[]): Set<string> {
  const inputs = files.flatMap((file) => sources.get(file) ?? []);
  return new Set(inputs.map((input) => packageOf(input) ?? input));
}

const inspect = `await new guard.Inspector().inspect("127.0.0.1:1/app:1", { os: "linux", architecture: "amd64" })`;

describe("loading the policies", () => {
  it("loads no code of other packages: nothing of AWS, no HTTP library and nothing of Pulumi", () => {
    const loaded = contentsOf(loadedBy("guard.ecsImagePolicies()").files);
    assert.deepEqual(
      [...loaded].filter((name) => !name.startsWith("policypack/")),
      [],
    );
    assert.ok(loaded.has("policypack/run/ecs-image-policies.ts"));
  });

  it("loads the HTTP client with the first image only", () => {
    const loaded = contentsOf(loadedBy("new guard.Inspector()").files);
    for (const late of ["registry/client", "http/transport"])
      assert.ok(!loaded.has(`policypack/${late}.ts`), late);
  });

  it("loads the HTTP library for the first image, and nothing of AWS for one of another registry", () => {
    const loaded = contentsOf(loadedBy(inspect).files);
    assert.ok(loaded.has("policypack/registry/client.ts") && loaded.has("undici"));
    assert.deepEqual(
      [...loaded].filter((name) => /^@aws-sdk|^@smithy|^@pulumi|^@grpc/.test(name)),
      [],
    );
  });

  it("leaves the HTTP library in Node unloaded, as the guard brings its own", () => {
    const { ofNode } = loadedBy(inspect);
    assert.ok(ofNode.some((name) => name.includes("tls")));
    assert.deepEqual(
      ofNode.filter((name) => name.includes("undici")),
      [],
    );
  });
});
