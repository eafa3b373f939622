import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";

const library = resolve(__dirname, "../../bin/index.js");
/** What costs time to load and is of no use before an image needs it. */
const heavy = /node_modules\/(?:@aws-sdk|@smithy|undici|@pulumi\/aws)\//;

/** The modules that a fresh process has loaded beyond `@pulumi/policy` after running the code. */
function loadedBy(code: string): string[] {
  const script = `require("@pulumi/policy");
const before = new Set(Object.keys(require.cache));
const guard = require(${JSON.stringify(library)});
Promise.resolve((async () => { ${code} })()).then(() => {
  process.stdout.write(JSON.stringify(Object.keys(require.cache).filter((name) => !before.has(name))), () => process.exit());
});`;
  const options = { encoding: "utf8", cwd: resolve(__dirname, "../.."), timeout: 30_000 } as const;
  const loaded: unknown = JSON.parse(execFileSync(process.execPath, ["-e", script], options));
  return Array.isArray(loaded) ? loaded.map((name) => String(name).replaceAll("\\", "/")) : [];
}

describe("loading the policies", () => {
  it("loads nothing of AWS, no HTTP library and nobody else's code but the SDK of policies", () => {
    const loaded = loadedBy("guard.ecsImagePolicies()");
    assert.deepEqual(
      loaded.filter((name) => heavy.test(name)),
      [],
    );
    assert.deepEqual(
      loaded.filter((name) => name.includes("/node_modules/")),
      [],
    );
    assert.ok(loaded.length < 120, `${loaded.length} modules`);
  });

  it("leaves the registry client and the cache for the first image", () => {
    const loaded = loadedBy("new guard.Inspector()");
    assert.deepEqual(
      loaded.filter((name) => /bin\/registry\/(?:client|router|transport|cached)\.js/.test(name)),
      [],
    );
  });

  const inspect = `await new guard.Inspector().inspect("127.0.0.1:1/app:1", { os: "linux", architecture: "amd64" })`;

  it("loads nothing of AWS for an image of another registry", () => {
    const loaded = loadedBy(inspect);
    assert.ok(loaded.some((name) => name.endsWith("bin/registry/client.js")));
    assert.deepEqual(
      loaded.filter((name) => /node_modules\/(?:@aws-sdk|@smithy|@pulumi\/aws)\//.test(name)),
      [],
    );
  });
});
