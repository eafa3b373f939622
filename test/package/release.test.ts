import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
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

  it("is the newest that the changelog describes, below what is not released yet", () => {
    assert.equal(released[0]?.[1], version);
    assert.ok(read("CHANGELOG.md").indexOf("## [Unreleased]") < (released[0]?.index ?? 0));
  });

  for (const example of ["policy-pack", "typescript"])
    it(`is one that the example ${example} asks for`, () => {
      const { dependencies, devDependencies } = manifest(join("examples", example));
      const wanted = Object.entries({ ...spread(dependencies), ...spread(devDependencies) });
      assert.equal(Object.fromEntries(wanted)["pulumi-ecs-image-guard"], `^${String(version)}`);
    });

  it("holds what runs, and nothing else", () => {
    const json = execFileSync("npm", ["pack", "--dry-run", "--json", "--silent"], {
      cwd: checkout,
      encoding: "utf8",
    });
    const files = [...json.matchAll(/"path": "([^"]+)"/g)].map(([, path = ""]) => path);
    const others = files
      .filter((path) => !/^bin\/([\w/-]+\.(js|d\.ts)|config\.schema\.json)$/.test(path))
      .sort();
    assert.deepEqual(others, ["LICENSE", "PulumiPolicy.yaml", "README.md", "package.json"]);
    assert.ok(files.includes("bin/pack.js") && files.includes("bin/index.d.ts"));
  });
});

function spread(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}
