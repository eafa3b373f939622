import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { buildImage, pushImage, pushIndex } from "./support/images";
import { TestRegistry } from "./support/registry";

const command = join(__dirname, "../bin/cli.js");

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the built command as a person would; nothing is a terminal. */
async function run(args: readonly string[], input = ""): Promise<Result> {
  const child = spawn(process.execPath, [command, ...args], { stdio: "pipe" });
  child.stdin.end(input);
  const closed = new Promise<number | null>((resolve) => child.on("close", resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code, out, err };
}

describe("the command ecs-image-guard inspect", () => {
  let registry: TestRegistry;
  const image = (name: string) => `${registry.host}/${name}`;

  before(async () => {
    registry = await TestRegistry.start();
    pushImage(registry, "app", "good", buildImage({ layers: ["gzip", "none"], family: "docker" }));
    pushImage(registry, "app", "mixed", buildImage({ layers: ["gzip", "zstd", "zstd"], family: "docker" }));
    pushIndex(registry, "app", "arm-mixed", [
      buildImage({ layers: ["gzip"], family: "oci", platform: { os: "linux", architecture: "amd64" } }),
      buildImage({
        layers: ["gzip", "zstd"],
        family: "oci",
        platform: { os: "linux", architecture: "arm64" },
      }),
    ]);
  });
  after(() => registry.stop());

  const statuses: [what: string, names: string[], options: string[], code: number][] = [
    ["a good image", ["app:good"], [], 0],
    ["a mixed image", ["app:mixed"], [], 1],
    ["a mixed image beside one that cannot be checked", ["gone:1", "app:mixed"], [], 1],
    ["an image that cannot be checked beside a good one", ["gone:1", "app:good"], [], 2],
    ["an image mixed only on another platform", ["app:arm-mixed"], [], 0],
    ["an image mixed on the platform", ["app:arm-mixed"], ["--platform", "linux/arm64"], 1],
    ["a platform that the image does not have", ["app:arm-mixed"], ["--platform", "linux/s390x"], 2],
  ];
  for (const [what, names, options, code] of statuses) {
    it(`exits with ${code} for ${what}`, async () => {
      const result = await run(["inspect", ...names.map(image), ...options]);
      assert.equal(result.code, code, result.out + result.err);
      assert.equal(result.err, "");
    });
  }

  it("shows a blocked image as the policy does, without colour", async () => {
    const { out } = await run(["inspect", image("app:mixed")]);
    assert.match(out, /^blocked {2}127/);
    assert.match(out, /layer 1 gzip .*\n.*layers 2–3 zstd/);
    assert.match(out, /number of layers and diffIDs don't match: 1 != 3/);
    assert.ok(!out.includes("\u001b["));
    assert.ok(out.split("\n").every((line) => line.length <= 82));
  });

  it("prints JSON of the documented shape", async () => {
    const { out, code } = await run([
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
    assert.deepEqual(mixed!["predictions"], []);
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

  it("reads names from standard input, with comments, each once", async () => {
    const input = `# ours\n${image("app:good")}\n\n  ${image("app:good")}   ${image("app:mixed")} # bad\n`;
    const { out, code } = await run(["inspect", "-", "--format", "json"], input);
    assert.equal(code, 1);
    assert.equal((JSON.parse(out) as { images: unknown[] }).images.length, 2);
  });

  const wrong: [args: string[], words: RegExp][] = [
    [[], /Say what to do/],
    [["inspect"], /at least one image/],
    [["inpsect", "nginx"], /Unknown command `inpsect`/],
    [["inspect", "nginx", "--platform", "linux"], /is no platform/],
    [["inspect", "nginx", "--format", "xml"], /Unknown format `xml`/],
    [["inspect", "nginx", "--no-such-option"], /no-such-option/],
    [["inspect", "-"], /No image was named/],
  ];
  for (const [args, words] of wrong) {
    it(`exits with 3 and says why for: ${args.join(" ")}`, async () => {
      const { code, err, out } = await run(args);
      assert.equal(code, 3);
      assert.match(err, words);
      assert.match(err, /Usage: ecs-image-guard inspect/);
      assert.doesNotMatch(err, /\.js:\d+/);
      assert.equal(out, "");
    });
  }

  it("explains itself and tells its version", async () => {
    assert.match((await run(["--help"])).out, /^Usage: ecs-image-guard inspect/);
    assert.match((await run(["--version"])).out, /^\d+\.\d+\.\d+\n$/);
  });
});
