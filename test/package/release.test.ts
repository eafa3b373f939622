import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageFolder } from "../../scripts/bundle/places";
import { isRecord } from "../../policypack/common/values";

const checkout = join(__dirname, "../..");
const read = (file: string) => readFileSync(join(checkout, file), "utf8");

function manifest(folder = "."): Record<string, unknown> {
  const parsed: unknown = JSON.parse(read(join(folder, "package.json")));
  assert.ok(isRecord(parsed));
  return parsed;
}

describe("a release", function () {
  this.timeout(120_000);
  const { version } = manifest();
  const released = [...read("CHANGELOG.md").matchAll(/^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$/gm)];

  it("is the newest that the changelog describes, below Unreleased", () => {
    assert.equal(released[0]?.[1], version);
    assert.ok(read("CHANGELOG.md").indexOf("## [Unreleased]") < (released[0]?.index ?? 0));
  });

  for (const example of ["policy-pack", "typescript"])
    it(`is the one that the example ${example} depends on`, () => {
      const { dependencies, devDependencies } = manifest(join("examples", example));
      const wanted = Object.entries({ ...spread(dependencies), ...spread(devDependencies) });
      assert.equal(Object.fromEntries(wanted)["pulumi-ecs-image-guard"], `^${String(version)}`);
    });

  it("contains only the files that it needs", () => {
    const json = execFileSync("npm", ["pack", "--dry-run", "--json", "--silent"], {
      cwd: packageFolder,
      encoding: "utf8",
    });
    const files = [...json.matchAll(/"path": "([^"]+)"/g)].map(([, path = ""]) => path);
    assert.deepEqual(
      files
        .filter((path) => !/^bin\/[\w-]+\.js$|^docs\/[\w-]+\.md$|^docs\/images\/[\w-]+\.svg$/.test(path))
        .sort(),
      [
        "LICENSE",
        "PulumiPolicy.yaml",
        "README.md",
        "SBOM.cdx.json",
        "SECURITY.md",
        "THIRD_PARTY_LICENSES",
        "bin/analyzer-info.bin",
        "bin/config.schema.json",
        "bin/index.d.ts",
        "bin/parts.json",
        "node_modules/@pulumi/pulumi/cmd/run-policy-pack/index.js",
        "node_modules/@pulumi/pulumi/package.json",
        "package.json",
      ],
    );
    assert.ok(files.length <= 40, `${files.length} files`);
    for (const door of ["bin/pack.js", "bin/cli.js", "bin/index.js"]) assert.ok(files.includes(door), door);
  });

  it("contains all its dependencies but those that its user brings", () => {
    const published = manifest("dist");
    assert.deepEqual(Object.keys(spread(published["dependencies"])), published["bundleDependencies"]);
    assert.deepEqual(spread(published["peerDependenciesMeta"]), { "@pulumi/policy": { optional: true } });
    for (const key of ["scripts", "devDependencies", "optionalDependencies"])
      assert.equal(published[key], undefined, key);
  });

  it("cannot be published from the checkout by mistake, only from `dist`", () => {
    assert.equal(manifest()["private"], true);
    assert.equal(manifest("dist")["private"], undefined);
  });
});

function spread(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}
