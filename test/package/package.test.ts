import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { finished } from "../../support/process/command";
import { copyCheckout } from "../../support/process/checkout";
import { packTarball } from "../../support/process/installed-package";
import { digestOf } from "../../support/registry/registry";

const checkout = resolve(__dirname, "../..");

interface Manifest {
  readonly description: string;
  readonly homepage: string;
  readonly author: string;
  readonly license?: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

function read(...path: string[]): string {
  return readFileSync(join(checkout, ...path), "utf8");
}

const manifest = JSON.parse(read("package.json")) as Manifest;

describe("the package", function () {
  this.timeout(600_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-package-"));
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("is byte for byte the same, whoever builds it, wherever, whenever and with any umask", async () => {
    const copy = join(folder, "a/longer path");
    mkdirSync(join(folder, "a"));
    copyCheckout(copy);
    chmodSync(join(copy, "README.md"), 0o664);
    utimesSync(join(copy, "LICENSE"), 0, 0);
    mkdirSync(join(copy, "dist/bin"), { recursive: true });
    writeFileSync(join(copy, "dist/bin/left-behind.js"), "");
    const build = promisify(execFile)("sh", ["-c", "umask 077 && npm run --silent build"], { cwd: copy });
    const [here, there] = await Promise.all([
      packTarball(mkdtempSync(join(folder, "here-"))),
      build.then(() => packTarball(mkdtempSync(join(folder, "there-")), join(copy, "dist"))),
    ]);
    const digests = [here, there].map((tarball) => digestOf(readFileSync(tarball)));
    assert.equal(digests[0], digests[1], "`npm run build` comes first");
  });

  it("is packed from dist/ alone: the checkout refuses, and says what to do", async () => {
    const { passed, output } = await finished(
      execFile("npm", ["pack", "--pack-destination", folder], { cwd: checkout, timeout: 60_000 }),
    );
    assert.equal(passed, false);
    assert.match(
      output,
      /^This folder is not the package\. Build it with npm run build, then pack or publish \.\/dist\.$/m,
    );
    assert.deepEqual(
      readdirSync(folder).filter((file) => file.endsWith(".tgz")),
      [],
    );
  });

  it("runs no script when it is packed or installed, since its output would break publishing", () => {
    const { scripts = {} } = JSON.parse(read("dist/package.json")) as Partial<Manifest>;
    const lifecycle = /^(pre|post)?(pack|prepare|publish|install)$|^prepublishOnly$|^dependencies$/;
    assert.deepEqual(
      Object.keys(scripts).filter((name) => lifecycle.test(name)),
      [],
    );
  });

  it("has the same description for npm and for Pulumi, and contains its licence", () => {
    const policy = read("PulumiPolicy.yaml");
    for (const [key, value] of [
      ["description", manifest.description.replace("A Pulumi policy pack that blocks", "Blocks")],
      ["author", manifest.author],
      ["website", manifest.homepage],
      ["license", "Apache-2.0"],
    ])
      assert.ok(policy.includes(`${key}: ${value}\n`), key);
    assert.equal(manifest.license, "Apache-2.0");
    assert.match(read("LICENSE"), /^\s*Apache License\s+Version 2\.0, January 2004\s/);
  });

  it("depends only on what it imports", () => {
    const imported = new Set<string>();
    for (const file of readdirSync(join(checkout, "policypack"), { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts")) continue;
      const names = read("policypack", file).matchAll(
        /(?:from |import\()"((?:@[^/"]+\/)?[^./"][^/":]*)[^":]*"/g,
      );
      for (const [, name = ""] of names) imported.add(name);
    }
    assert.deepEqual([...imported].sort(), Object.keys(manifest.dependencies).sort());
  });
});
