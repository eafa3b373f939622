import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { PulumiCommand } from "@pulumi/pulumi/automation";
import { installedProgram, nodes, type NpmProgram, packageManagers } from "../../../scripts/clients";
import { engineFor, EngineStack } from "../../../support/engine/engine";
import { assertGuards, mixedAndGood } from "../../../support/engine/guarding";
import { finished } from "../../../support/process/command";
import { builtTarball, installTarball, offlineNpm } from "../../../support/process/installed-package";
import { NpmRegistry } from "../../../support/registry/npm-registry";
import type { TestRegistry } from "../../../support/registry/registry";

/** What each package manager takes from the registry for the package, besides its tarball. */
const fetches: Readonly<Record<string, RegExp | undefined>> = {
  // yarn takes no package out of another one, and fetches what starts the pack once more.
  "yarn 1": /^@pulumi\/pulumi@/,
  "yarn 4": /^@pulumi\/pulumi@/,
};

describe("the package, installed by the client of a user,", function () {
  this.timeout(400_000);
  let engine: PulumiCommand;
  let images: TestRegistry | undefined;
  let npm: NpmRegistry | undefined;
  let folder = "";
  let tarball = "";

  before(async function () {
    engine = await engineFor(this);
    images = await mixedAndGood();
    npm = await NpmRegistry.start();
    folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-clients-"));
    tarball = await builtTarball();
  });

  after(async () => {
    await images?.stop();
    await npm?.stop();
    if (folder !== "") rmSync(folder, { recursive: true, force: true });
  });

  /** The program's file; without it the test is skipped, which is said, and fails in CI. */
  function fileOf(program: NpmProgram, test: Mocha.Context): string {
    const file = installedProgram(program);
    if (file !== undefined) return file;
    const reason = `${program.name} is not installed: npx tsx scripts/clients.ts`;
    if (process.env["CI"] !== undefined) throw new Error(reason);
    console.log(`      skipped: ${reason}`);
    return test.skip();
  }

  const guards = (pack: string, node?: string) =>
    assertGuards(engine, pack, `${images?.host ?? ""}/app`, node === undefined ? {} : { node });

  /** A folder for one client, where nothing is cached. */
  function newFolder(name: string): string {
    const own = join(folder, name.replace(" ", "-"));
    mkdirSync(own);
    return own;
  }

  for (const manager of packageManagers)
    it(`blocks a mixed image and lets a good one pass: as a dependency with ${manager.name}`, async function () {
      const script = fileOf(manager, this);
      const registry = npm as NpmRegistry;
      const home = newFolder(manager.name);
      const project = join(home, "project");
      mkdirSync(project);
      const dependencies = { "pulumi-ecs-image-guard": `file:${tarball}` };
      writeFileSync(
        join(project, "package.json"),
        JSON.stringify({ name: "project", private: true, dependencies }),
      );
      writeFileSync(join(project, ".yarnrc.yml"), yarn4Settings(registry.url));
      const before = registry.fetched.length;
      const env = {
        ...process.env,
        HOME: home,
        XDG_CACHE_HOME: join(home, "cache"),
        XDG_DATA_HOME: join(home, "data"),
        YARN_CACHE_FOLDER: join(home, "yarn"),
        npm_config_registry: registry.url,
        YARN_REGISTRY: registry.url,
      };
      const run = await finished(
        execFile(process.execPath, [script, "install"], { cwd: project, env, timeout: 300_000 }),
      );
      assert.ok(run.passed, run.output);
      const fetched = registry.fetched.slice(before);
      const wanted = fetches[manager.name];
      if (wanted === undefined) assert.deepEqual(fetched, []);
      else
        assert.ok(
          fetched.some((one) => wanted.test(one)),
          fetched.join(),
        );
      await guards(join(project, "node_modules/pulumi-ecs-image-guard"));
    });

  for (const node of nodes)
    it(`blocks a mixed image and lets a good one pass: on ${node.name}, with npm and no registry`, async function () {
      const file = fileOf(node, this);
      const path = `${dirname(file)}${delimiter}${process.env["PATH"] ?? ""}`;
      const installed = await installTarball(tarball, newFolder(node.name), { PATH: path });
      const version = await finished(execFile(file, ["--version"], { timeout: 30_000 }));
      assert.equal(version.output.trim(), `v${node.version}`);
      await guards(installed.folder, file);
    });

  it("blocks a mixed image and lets a good one pass: with `pulumi install` in the program's project, and no registry", async () => {
    const home = newFolder("pulumi-install");
    const stack = await EngineStack.create(engine, () => undefined, {
      environment: offlineNpm(join(home, "npm-cache")),
    });
    try {
      const dependencies = { "pulumi-ecs-image-guard": `file:${tarball}` };
      stack.write("package.json", JSON.stringify({ name: "project", private: true, dependencies }));
      const run = await stack.command("install");
      assert.ok(run.passed, run.output);
      await guards(join(stack.workFolder, "node_modules/pulumi-ecs-image-guard"));
    } finally {
      stack.remove();
    }
  });

  it("blocks a mixed image and lets a good one pass: unpacked, with `pulumi install` in its folder, and no registry", async () => {
    const home = newFolder("unpacked");
    const unpacked = await finished(
      execFile("tar", ["-x", "-z", "-f", tarball, "-C", home], { timeout: 30_000 }),
    );
    assert.ok(unpacked.passed, unpacked.output);
    const pack = join(home, "package");
    const stack = await EngineStack.create(engine, () => undefined, {
      environment: offlineNpm(join(home, "npm-cache")),
    });
    try {
      const run = await stack.command("install", "--cwd", pack);
      assert.ok(run.passed, run.output);
      assert.ok(existsSync(join(pack, "node_modules")));
      await guards(pack);
    } finally {
      stack.remove();
    }
  });
});

/** The linker that Pulumi's language host needs; a registry on loopback; and what yarn 4 does otherwise if it finds `CI`. */
function yarn4Settings(registry: string): string {
  return [
    "nodeLinker: node-modules",
    `npmRegistryServer: ${JSON.stringify(registry.replace(/\/$/, ""))}`,
    "unsafeHttpWhitelist: [127.0.0.1]",
    "enableImmutableInstalls: false",
    "enableTelemetry: false",
    "enableScripts: false",
    "",
  ].join("\n");
}
