import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { runCli } from "../../support/process/cli";
import { buildImage, pushImage, pushMixedOnArm } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

const command = join(__dirname, "../../dist/bin/cli.js");

/** Runs the built command as a person would; nothing is a terminal. */
async function spawned(args: readonly string[], input = "") {
  const child = spawn(process.execPath, [command, ...args], { stdio: "pipe" });
  child.stdin.end(input);
  const closed = once(child, "close");
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await closed) as [number | null];
  return { code, out, err };
}

describe("the command ecs-image-guard inspect", () => {
  let registry: TestRegistry;
  const image = (name: string) => `${registry.host}/${name}`;

  before(async () => {
    registry = await TestRegistry.start();
    pushImage(registry, "app", "good", buildImage({ layers: ["gzip", "none"], family: "docker" }));
    pushImage(registry, "app", "mixed", buildImage({ layers: ["gzip", "zstd", "zstd"], family: "docker" }));
    pushImage(registry, "app", "zstd", buildImage({ layers: ["zstd", "zstd"], family: "docker" }));
    const gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
    const lie = buildImage({ layers: ["gzip", "zstd"], family: "oci", mediaTypes: [gzip, gzip] });
    pushImage(registry, "app", "lie", lie);
    const armv6 = { os: "linux", architecture: "arm", variant: "v6" };
    pushImage(registry, "app", "armv6", buildImage({ layers: ["gzip"], family: "oci", platform: armv6 }));
    pushMixedOnArm(registry, "app", "arm-mixed");
  });
  after(() => registry.stop());

  const statuses: [what: string, names: string[], options: string[], code: number][] = [
    ["a good image", ["app:good"], [], 0],
    ["a mixed image", ["app:mixed"], [], 1],
    ["a mixed image beside one that cannot be checked", ["gone:1", "app:mixed"], [], 1],
    ["an image that cannot be checked beside a good one", ["gone:1", "app:good"], [], 2],
    ["an image mixed only on another platform", ["app:arm-mixed"], [], 0],
    ["an older variant of 32-bit ARM", ["app:armv6"], ["--platform", "linux/arm/v6"], 0],
    ["an image mixed on the platform", ["app:arm-mixed"], ["--platform", "linux/arm64"], 1],
    ["a platform that the image does not have", ["app:arm-mixed"], ["--platform", "linux/s390x"], 1],
    ["docker's zstd alone, which containerd 1.x does not read", ["app:zstd"], [], 1],
    ["the same for runtimes that do", ["app:zstd"], ["--runtime", "containerd-2.0,dockerd-23"], 0],
    ["the same with one that does not", ["app:zstd"], ["--runtime", "dockerd-23", "containerd-1.7"], 1],
    ["a layer that is not what its type says", ["app:lie"], [], 0],
    ["the same for one who looks", ["app:lie"], ["--sniff"], 1],
  ];
  for (const [what, names, options, code] of statuses) {
    it(`exits with ${code} for ${what}`, async () => {
      const result = await runCli(["inspect", ...names.map(image), ...options]);
      assert.equal(result.code, code, result.out + result.err);
      assert.equal(result.err, "");
    });
  }

  it("is what the installed command runs: report, exit status and standard input", async () => {
    const inspected = await spawned(["inspect", "-"], `${image("app:mixed")}\n`);
    assert.deepEqual([inspected.code, inspected.err], [1, ""]);
    assert.match(inspected.out, /^blocked {2}127[^]*\n1 image: 1 blocked, \d+\.\d s\n$/);
    const wrong = await spawned(["isnpect"]);
    assert.deepEqual([wrong.code, wrong.out], [3, ""]);
    assert.match((await spawned(["--version"])).out, /^\d+\.\d+\.\d+\n$/);
  });

  it("shows a blocked image as the policy does, without colour", async () => {
    const { out } = await runCli(["inspect", image("app:mixed")]);
    assert.match(out, /^blocked {2}127/);
    assert.match(out, / 1 +gzip .*\n +2–3 +zstd/);
    assert.match(out, /number of layers and diffIDs don't match: 1 != 3/);
    assert.ok(!out.includes("\u001b["));
    assert.ok(out.split("\n").every((line) => line.length <= 82));
  });

  it("prints JSON of the documented shape", async () => {
    const { out, code } = await runCli([
      "inspect",
      ...[image("app:mixed"), image("gone:1"), "Not/A/Name"],
      "--format",
      "json",
    ]);
    assert.equal(code, 1);
    const { images } = JSON.parse(out) as { images: Record<string, Record<string, unknown>>[] };
    const [mixed, gone, illegal] = images;
    assert.deepEqual(mixed!["reference"], {
      registry: registry.host,
      repository: "app",
      tag: "mixed",
      digest: null,
      canonical: image("app:mixed"),
    });
    assert.equal(mixed!["platform"], "linux/amd64");
    assert.equal(mixed!["failure"], null);
    const error = "number of layers and diffIDs don't match: 1 != 3";
    const predictions = mixed!["predictions"] as unknown as { runtime: string }[];
    assert.equal(predictions.length, 10);
    const { digest } = mixed!["manifest"] as { digest: string };
    assert.deepEqual(mixed!["unread"], []);
    assert.deepEqual(
      predictions.filter(({ runtime }) => ["containerd-1.7", "containerd-2.0"].includes(runtime)),
      [
        { runtime: "containerd-1.7", pulls: false, manifest: digest, error },
        { runtime: "containerd-2.0", pulls: true, manifest: digest, error: null },
      ],
    );
    const manifest = mixed!["manifest"] as {
      digest: string;
      diffIds: number;
      layers: Record<string, unknown>[];
    };
    assert.match(manifest.digest, /^sha256:[0-9a-f]{64}$/);
    assert.equal(manifest.diffIds, 3);
    assert.deepEqual(
      manifest.layers.map(({ compression }) => compression),
      ["gzip", "zstd", "zstd"],
    );
    assert.deepEqual(Object.keys(manifest.layers[0]!), ["mediaType", "digest", "size", "compression"]);
    const findings = mixed!["findings"] as unknown as { policy: string; level: string }[];
    assert.deepEqual(
      findings.map(({ policy, level }) => [policy, level]),
      [["mixed-layer-compression", "mandatory"]],
    );

    assert.equal(gone!["manifest"], null);
    assert.equal(gone!["failure"]!["kind"], "missing");
    assert.equal(illegal!["reference"], null);
    assert.equal(illegal!["failure"]!["kind"], "invalid-reference");
  });

  it("writes SARIF that code-scanning services take", async () => {
    const names = [image("app:mixed"), image("app:good"), image("gone:1")];
    const { out, code } = await runCli(["inspect", ...names, "--format", "sarif"]);
    assert.equal(code, 1);
    const log = JSON.parse(out) as {
      version: string;
      runs: {
        tool: { driver: { rules: { id: string }[] } };
        results: {
          ruleId: string;
          ruleIndex: number;
          level: string;
          message: { text: string };
          locations: { physicalLocation: { artifactLocation: { uri: string } } }[];
          partialFingerprints: Record<string, string>;
        }[];
      }[];
    };
    assert.equal(log.version, "2.1.0");
    const [{ tool, results } = assert.fail("no run")] = log.runs;
    assert.deepEqual(
      results.map(({ ruleId, level }) => [ruleId, level]),
      [
        ["mixed-layer-compression", "error"],
        ["missing-image", "warning"],
      ],
    );
    for (const { ruleId, ruleIndex, locations, message } of results) {
      assert.equal(tool.driver.rules[ruleIndex]?.id, ruleId);
      // Relative, so that the port's colon does not make a scheme of the host.
      assert.match(locations[0]!.physicalLocation.artifactLocation.uri, /^127\.0\.0\.1%3A\d+\/\w+%3A\w+$/);
      assert.ok(message.text.length > 0);
    }
    assert.equal(new Set(results.map((one) => one.partialFingerprints["primaryLocationLineHash"])).size, 2);
  });

  it("gives illegal names a relative URI in SARIF, too", async () => {
    const { out } = await runCli(["inspect", "/etc/app", "../app", "ghcr.io//app:1", "--format", "sarif"]);
    const uris = [...out.matchAll(/"uri": "([^"]*)"/g)].map(([, uri = ""]) => uri);
    assert.deepEqual(uris, ["_/etc/app", "_/app", "ghcr.io/_/app%3A1"]);
  });

  it("ends quietly if nobody reads its output", async () => {
    const names = Array.from({ length: 400 }, (_, n) => `${image("app:mixed")}@${n}`);
    const child = spawn(process.execPath, [command, "inspect", ...names], { stdio: "pipe" });
    child.stdout.destroy();
    const closed = new Promise<number | null>((resolve) => child.on("close", resolve));
    assert.equal(await text(child.stderr), "");
    assert.equal(await closed, 1);
  });

  it("judges the runtimes that are named", async () => {
    const { out } = await runCli([
      "inspect",
      image("app:zstd"),
      "--runtime",
      "containerd-1.7",
      "--runtime",
      "dockerd-23",
    ]);
    assert.match(
      out,
      /containerd-1\.7: .*mismatched image rootfs and manifest layers\n {2}dockerd-23: pulls\n/,
    );
  });

  it("reads names from standard input, with comments, each once", async () => {
    const input = `# ours\n${image("app:good")}\n\n  ${image("app:good")}   ${image("app:mixed")} # bad\n`;
    const { out, code } = await runCli(["inspect", "-", "--format", "json"], { input });
    assert.equal(code, 1);
    assert.equal((JSON.parse(out) as { images: unknown[] }).images.length, 2);
  });

  const wrong: [args: string[], words: RegExp][] = [
    [[], /A command is missing/],
    [["inspect"], /at least one image, or a --task-definition/],
    [["isnpect", "nginx"], /Unknown command `isnpect`\. Did you mean `inspect`\?/],
    [["u:PASSWORD@host/app"], /Unknown command `…@host\/app`\. Known: inspect\./],
    [["inspect", "nginx", "--platform", "linux"], /`linux` is not a valid platform: add the architecture/],
    [["inspect", "nginx", "--platform", "linux/armm64"], /did you mean arm64\?/],
    [["inspect", "nginx", "--fromat", "json"], /Unknown option `--fromat`\. Did you mean `--format`\?/],
    [["inspect", "nginx", "--fromat=json"], /Unknown option `--fromat`\. Did you mean `--format`\?/],
    [["inspect", "nginx", "--format", "xml"], /Unknown format `xml`/],
    [["inspect", "--runtime", "dockerd-23", "containerd-1.7"], /at least one image/],
    [["inspect", "nginx", "--runtime"], /`--runtime` needs a value\./],
    [["inspect", "nginx", "--runtime", "containerd-1.77"], /Did you mean `containerd-1\.7`\?/],
    [["inspect", "nginx", "--runtime", ""], /Unknown runtime ``/],
    [["inspect", "nginx", "--runtime=containerd-1.7,"], /Unknown runtime ``/],
    [["inspect", "nginx", "--insecure-registry", ""], /`` is not a valid host\[:port\]/],
    [["inspect", "nginx", "--insecure-registry", "10.0.0.0/8"], /`10\.0\.0\.0\/8` is not a valid/],
    [["inspect", "nginx", "--no-such-option"], /no-such-option/],
    [["inspect", "nginx", "--quiet=yes"], /`--quiet` takes no value\./],
    [["inspect", "nginx", "--platform", "--sniff"], /`--platform` needs a value\./],
    [["inspect", "nginx", "--format", "jsno"], /Unknown format `jsno`\. Did you mean `json`\?/],
    [["inspect", "nginx", "--color", "yes"], /Unknown color `yes`\. Known: always, never, auto\./],
    [["inspect", "-", "--task-definition", "-"], /Standard input \(`-`\) can be read only once/],
    [["inspect", "-"], /No image was named/],
  ];
  for (const [args, words] of wrong) {
    it(`exits with 3 and says why for: ${args.join(" ")}`, async () => {
      const { code, err, out } = await runCli(args);
      assert.equal(code, 3);
      assert.match(err, words);
      assert.match(err, /^ecs-image-guard: [^\n]+\nRun `ecs-image-guard --help` for usage\.\n$/);
      assert.doesNotMatch(err, /\.js:\d+/);
      assert.equal(out, "");
    });
  }

  it("prints its help and its version", async () => {
    assert.match((await runCli(["--help"])).out, /^Usage: ecs-image-guard inspect/);
    assert.equal((await runCli(["--version"])).out, "1.2.3\n");
  });
});
