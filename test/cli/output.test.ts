import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { useColor } from "../../policypack/cli/command";
import { runCli } from "../../support/process/cli";
import { buildImage, pushImage } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

describe("the output of ecs-image-guard inspect", () => {
  let registry: TestRegistry;
  let folder = "";
  let names: string[] = [];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-cli-"));
    registry = await TestRegistry.start();
    pushImage(registry, "app", "good", buildImage({ layers: ["gzip"], family: "docker" }));
    pushImage(registry, "app", "mixed", buildImage({ layers: ["gzip", "zstd"], family: "docker" }));
    names = ["good", "mixed", "gone"].map((name) => `${registry.host}/app:${name}`);
  });
  after(async () => {
    await registry.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const summary = /^3 images: 1 ok, 1 blocked, 1 unverified, \d+\.\d s$/;

  it("ends a report in text with a summary", async () => {
    const { out, err } = await runCli(["inspect", ...names]);
    assert.match(out.trimEnd().split("\n").at(-1) ?? "", summary);
    assert.equal(err, "");
  });

  it("keeps standard output parseable in other formats: the summary goes to standard error", async () => {
    for (const format of ["json", "sarif"]) {
      const { out, err } = await runCli(["inspect", ...names, "--format", format]);
      assert.doesNotThrow(() => JSON.parse(out) as unknown, format);
      assert.match(err.trimEnd(), summary, format);
    }
  });

  it("writes the report to the file of --output, and the summary to standard error", async () => {
    for (const format of ["text", "json", "markdown"]) {
      const path = join(folder, format);
      const { code, out, err } = await runCli(["inspect", ...names, "--format", format, "--output", path]);
      assert.deepEqual([code, out], [1, ""]);
      assert.match(err.trimEnd(), summary);
      assert.match(readFileSync(path, "utf8"), /app:mixed/);
    }
  });

  it("exits with 3 if the file of --output cannot be written", async () => {
    const path = join(folder, "none", "report");
    const { code, err } = await runCli(["inspect", ...names, "--output", path]);
    assert.equal(code, 3);
    assert.match(err, /^ecs-image-guard: Cannot write .*: no such file or directory\.\n$/);
  });

  it("shows only what is blocked or unverified with --quiet", async () => {
    const { code, out, err } = await runCli(["inspect", ...names, "--quiet"]);
    assert.deepEqual([code, err], [1, ""]);
    assert.match(out, /^blocked [^]*^unverified /m);
    assert.doesNotMatch(out, /app:good|images:/);
    const fine = await runCli(["inspect", names[0] ?? "", "--quiet"]);
    assert.deepEqual(fine, { code: 0, out: "", err: "" });
    const markdown = await runCli(["inspect", ...names, "--quiet", "--format", "markdown"]);
    assert.doesNotMatch(markdown.out, /app:good/);
  });

  it("gives an image that is fine one line of 80 columns or its name's length", async () => {
    const { out } = await runCli(["inspect", ...names.slice(0, 1)]);
    assert.match(out, /^ok {7}127\S+ {2}linux\/amd64, 1 layer: gzip\n1 image: 1 ok, \d+\.\d s\n$/);
  });

  it("explains a cause once, and names every other image that shares it in one line", async () => {
    const mixed = buildImage({ layers: ["gzip", "zstd"], family: "docker" });
    for (let n = 1; n <= 30; n++) pushImage(registry, `twin-${n}`, "1", mixed);
    const twins = Array.from({ length: 30 }, (_, n) => `${registry.host}/twin-${n + 1}:1`);
    const { out } = await runCli(["inspect", ...twins]);
    const lines = out.trimEnd().split("\n");
    assert.match(lines.at(-1) ?? "", /^30 images: 30 blocked \(1 cause\), /);
    assert.equal(lines.filter((line) => line.endsWith(`  same cause as ${twins[0]}`)).length, 29);
    assert.ok(lines.length < 80, out);
    for (const twin of twins)
      assert.ok(
        lines.some((line) => line.startsWith(`blocked  ${twin}`)),
        twin,
      );
    const markdown = await runCli(["inspect", ...twins, "--format", "markdown"]);
    assert.equal(markdown.out.match(/^#### /gm)?.length, 1);
    const json = await runCli(["inspect", ...twins, "--format", "json"]);
    const { groups } = JSON.parse(json.out) as { groups: Record<string, unknown>[] };
    const base = { name: null, layers: 1, digest: mixed.layers[0]?.digest };
    assert.deepEqual(groups, [
      {
        cause: "shared-layers",
        verdict: "blocked",
        policy: "mixed-layer-compression",
        images: twins.map((_, index) => index),
        base,
      },
    ]);
    const sarif = await runCli(["inspect", ...twins, "--format", "sarif"]);
    const [{ results }] = (JSON.parse(sarif.out) as { runs: [{ results: { message: { text: string } }[] }] })
      .runs;
    const texts = results.map(({ message }) => message.text);
    assert.equal(
      texts.filter((text) => text.includes(`The cause is the same as for ${twins[0]}`)).length,
      29,
    );
  });

  it("shows every problem that blocks an image, also if it shares one of them", async () => {
    const layers = ["gzip", "zstd"] as const;
    const arm64 = { os: "linux", architecture: "arm64" };
    pushImage(registry, "both", "amd", buildImage({ layers, family: "docker" }));
    pushImage(registry, "both", "arm", buildImage({ layers, family: "docker", platform: arm64 }));
    const images = ["amd", "arm"].map((tag) => `${registry.host}/both:${tag}`);
    const mixes = /Mixes gzip and zstd layers\./g;
    for (const format of ["text", "markdown"]) {
      const { out } = await runCli(["inspect", ...images, "--format", format]);
      assert.equal(out.match(mixes)?.length, 2, out);
      assert.equal(out.match(/Not built for linux\/amd64\./g)?.length, 1, out);
      assert.doesNotMatch(out, /same cause/);
    }
  });

  it("shows no progress if standard error is not a terminal, in CI or with --quiet", async () => {
    for (const [isTTY, env, args] of [
      [false, {}, []],
      [true, { CI: "true" }, []],
      [true, {}, ["--quiet"]],
    ] as const) {
      const { err } = await runCli(["inspect", names[0] ?? "", "--color", "never", ...args], { env, isTTY });
      assert.equal(err, "");
    }
  });

  const colors: [args: string[], env: Record<string, string>, isTTY: boolean, colored: boolean][] = [
    [[], {}, true, true],
    [[], {}, false, false],
    [[], { NO_COLOR: "1" }, true, false],
    [[], { NO_COLOR: "" }, true, true],
    [[], { TERM: "dumb" }, true, false],
    [[], { FORCE_COLOR: "1" }, false, true],
    [[], { FORCE_COLOR: "" }, false, true],
    [[], { FORCE_COLOR: "0" }, true, false],
    [[], { FORCE_COLOR: "1", NO_COLOR: "1" }, false, true],
    [["--color", "never"], { FORCE_COLOR: "1" }, true, false],
    [["--color=always"], { NO_COLOR: "1", TERM: "dumb" }, false, true],
  ];
  for (const [args, env, isTTY, colored] of colors)
    it(`is ${colored ? "" : "not "}colored ${isTTY ? "on a terminal" : "in a pipe"} with ${JSON.stringify(env)} ${args.join(" ")}`, async () => {
      const { out } = await runCli(["inspect", names[0] ?? "", ...args], {
        env: { CI: "true", ...env },
        isTTY,
      });
      assert.equal(out.startsWith("\u001b[32mok\u001b[39m "), colored, out);
    });

  it("is not colored in a file unless --color always says so", () => {
    const terminal = { env: { FORCE_COLOR: "1" }, stdout: { isTTY: true, write: () => true } };
    assert.equal(useColor({ color: "auto", output: "report" }, terminal), false);
    assert.equal(useColor({ color: "always", output: "report" }, terminal), true);
  });

  it("is a table and each message once in Markdown", async () => {
    const { out } = await runCli(["inspect", ...names, "a|`b`", "--format", "markdown"]);
    const lines = out.split("\n");
    assert.equal(lines[0], "### ECS image guard: 4 images: 1 ok, 2 blocked, 1 unverified");
    assert.deepEqual(lines.slice(2, 8), [
      "| verdict | image | |",
      "| --- | --- | --- |",
      `| ✅ ok | \`${names[0]}\` | linux/amd64, 1 layer: gzip |`,
      `| ❌ blocked | \`${names[1]}\` | linux/amd64 |`,
      `| ❔ unverified | \`${names[2]}\` | linux/amd64 |`,
      "| ❌ blocked | `` a\\|`b` `` | linux/amd64 |",
    ]);
    assert.equal(out.split("don't match: 1 != 2").length, 2);
  });
});
