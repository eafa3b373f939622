import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildCompression } from "../../policypack/run/build-policy";
import { Session } from "../../policypack/run/session";
import { analyze, type Registered, setDryRun, urnOf } from "../../support/engine/fake-engine";
import { buildImage, pushImage, pushIndex } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";
import { previewed, UNKNOWN } from "../../support/pulumi/previewed";

const image = "docker-build:index:Image";

describe("build-compression", () => {
  let registry: TestRegistry;
  let folder: string;
  const name = (reference: string) => `${registry.host}/${reference}`;
  const build = (dockerfile: object, more: object = { push: true }): Registered => ({
    type: image,
    name: "app",
    props: { dockerfile, tags: [name("app:1")], platforms: ["linux/amd64"], ...more },
  });
  const from = (base: string, rest = "\nCOPY . /app\nRUN make") => ({ inline: `FROM ${name(base)}${rest}` });
  const judged = (resource: Registered, mode: "preview" | "update" = "preview", buildkitVersion?: string) => {
    const base = buildkitVersion === undefined ? {} : { buildkitVersion };
    return analyze(mode, [resource], {}, [buildCompression(new Session("none", base))]);
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-"));
    registry = await TestRegistry.start();
    pushImage(registry, "base", "zstd", buildImage({ layers: ["zstd", "zstd", "zstd"], family: "docker" }));
    pushImage(registry, "base", "gzip", buildImage({ layers: ["gzip", "gzip"], family: "docker" }));
    pushIndex(registry, "base", "arm-zstd", [
      buildImage({ layers: ["gzip"], family: "docker" }),
      buildImage({ layers: ["zstd"], family: "docker", platform: { os: "linux", architecture: "arm64" } }),
    ]);
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await registry.stop();
  });

  for (const mode of ["preview", "update"] as const)
    it(`reports in ${mode === "preview" ? "a preview" : "an update"} what a build will push, why, and the change that fixes it`, async () => {
      const resource = build(from("base:zstd"), {
        exports: [{ registry: { compression: "zstd", forceCompression: true, compressionLevel: 0 } }],
      });
      const found = await judged(resource, mode);
      assert.deepEqual(
        found.map(({ policy, level, urn }) => [policy, level, urn]),
        [["build-compression", "advisory", urnOf(resource)]],
      );
      const { message } = found[0]!;
      for (const words of [
        "will push an image that mixes gzip and zstd layers",
        "`app`: exports[0]",
        name("app:1"),
        `${name("base:zstd")} (linux/amd64)`,
        "2 layers: COPY in line 2, RUN in line 3",
        "dropped compression and forceCompression: pulumi-docker-build drops both",
        "Docker media types",
        "CannotPullContainerError: number of layers and diffIDs don't match: 2 != 5",
        "BuildKit's version is not known",
        'registry: { compression: "zstd", compressionLevel: 3, forceCompression: true, ociMediaTypes: true }',
      ])
        assert.ok(message.includes(words), `${words}\n${message}`);
      assert.match(message, / 1–3 {2}zstd .*\n +4–5 {2}gzip/);
    });

  it("reports nothing about good builds, and about those that push nothing", async () => {
    for (const resource of [
      build(from("base:gzip")),
      build({ inline: "FROM scratch\nCOPY . /" }),
      build(from("base:zstd"), { exports: [{ local: { dest: "out" } }] }),
      build(from("base:zstd"), {
        exports: [{ registry: { ociMediaTypes: true, compression: "zstd", compressionLevel: 3 } }],
      }),
      { type: "docker:index/image:Image", name: "v4", props: { skipPush: true, imageName: "x" } },
    ])
      assert.deepEqual(await judged(resource), []);
  });

  it("holds for the version of BuildKit that is given", async () => {
    const resource = build(from("base:zstd"));
    assert.match(
      (await judged(resource, "preview", "0.20.0"))[0]!.message,
      /Predicted for BuildKit 0\.20\.0/,
    );
    // OCI types by default: it mixes, and containerd 1.x pulls it.
    const newer = (await judged(resource, "preview", "0.31.0"))[0]!.message;
    assert.match(newer, /Only some\ncontainer runtimes can pull it/);
  });

  it("inspects the base image of each platform", async () => {
    const resource = build(from("base:arm-zstd"), { push: true, platforms: ["linux/amd64", "linux/arm64"] });
    const found = await judged(resource);
    assert.equal(found.length, 1);
    assert.match(found[0]!.message, /arm-zstd \(linux\/arm64\)/);
  });

  it("remarks on settings that are dropped, even if the image is good", async () => {
    const found = await judged(
      build(from("base:gzip"), { exports: [{ registry: { compression: "zstd" } }] }),
    );
    assert.deepEqual(
      found.map(({ level }) => level),
      ["advisory"],
    );
    assert.match(found[0]!.message, /sets compression,\nwhich pulumi-docker-build does not pass to BuildKit/);
  });

  it("reports what it cannot know, and does not pass it", async () => {
    for (const [dockerfile, reason] of [
      [{ location: "https://example.com/Dockerfile" }, /it is fetched from elsewhere/],
      [{ location: join(folder, "none") }, /cannot be read \(ENOENT\)/],
      [{ location: folder }, /is not a file/],
      [{ location: "/dev/zero" }, /is not a file/],
      [{ inline: "FROM $BASE" }, /has no name/],
      [{ inline: "FROM 127.0.0.1:1/gone" }, /unreachable/],
      [UNKNOWN.object, /not known yet/],
    ] as const) {
      const found = await judged(build(dockerfile as object));
      assert.equal(found.length, 1);
      assert.equal(found[0]!.level, "advisory");
      assert.match(found[0]!.message, /The base image of `app` is not known/);
      assert.match(found[0]!.message, reason);
    }
  });

  it("does not wait for a FIFO, nor read more than a Dockerfile has", async () => {
    const [fifo, long] = [join(folder, "fifo"), join(folder, "long")];
    execFileSync("mkfifo", [fifo]);
    writeFileSync(long, `FROM ${name("base:zstd")}\n${"#".repeat(2 * 1024 * 1024)}`);
    assert.match((await judged(build({ location: fifo })))[0]!.message, /is not a file/);
    assert.match((await judged(build({ location: long })))[0]!.message, /is too long/);
  });

  it("reads a Dockerfile by its absolute path", async () => {
    const file = join(folder, "Dockerfile");
    writeFileSync(file, `FROM ${name("base:zstd")}\nCOPY . .\n`);
    assert.match((await judged(build({ location: file })))[0]!.message, /1 layer: COPY in line 2/);
    const inContext = { ...build({}), props: { context: { location: folder }, push: true, tags: ["a/b:1"] } };
    assert.match((await judged(inContext))[0]!.message, /mixes/);
  });

  it("knows without a base that docker types make zstd unpullable", async () => {
    const zstd = { compression: "zstd", compressionLevel: 3, forceCompression: true };
    const found = await judged(build({ inline: "FROM $BASE" }, { exports: [{ registry: zstd }] }));
    assert.equal(found.length, 1);
    assert.match(
      found[0]!.message,
      /containerd 1\.x cannot pull[^]*takes no zstd layers\nof Docker's media type/,
    );
  });

  it("says of pulumi-docker 4 what depends on the daemon, as a remark", async () => {
    const file = join(folder, "v4.Dockerfile");
    writeFileSync(file, `ARG TAG=gzip\nFROM ${name("base")}:$TAG\nRUN x\n`);
    const v4 = (args: object): Registered => ({
      type: "docker:index/image:Image",
      name: "v4",
      props: { imageName: name("app:4"), build: { dockerfile: file, platform: "linux/amd64", args } },
    });
    assert.deepEqual(await judged(v4({})), []);
    const found = await judged(v4({ TAG: "zstd" }));
    assert.deepEqual(
      found.map(({ level }) => level),
      ["advisory"],
    );
    assert.match(
      found[0]!.message,
      /containerd image store[^]*this resource has no settings for compression/,
    );
  });

  it("fixes faulty builds at the level `remediate`, and leaves the others unchanged", async () => {
    setDryRun(true);
    const remediate = async (props: Record<string, unknown>) => {
      const policy = buildCompression(new Session("none"));
      const args = { type: image, name: "app", urn: "urn", props: previewed(props), getConfig: () => ({}) };
      return (policy.remediateResource as (args: object) => Promise<unknown>)(args);
    };
    const { props } = build(from("base:zstd"), { push: true, buildArgs: { SECRET: UNKNOWN.string } });
    const before = structuredClone(props);
    assert.notEqual(await remediate(props), undefined);
    const exports = [
      {
        registry: {
          push: true,
          compression: "zstd",
          compressionLevel: 3,
          forceCompression: true,
          ociMediaTypes: true,
        },
      },
    ];
    assert.deepEqual(props, { ...before, push: false, exports });
    assert.deepEqual(await judged({ type: image, name: "app", props }), []);
    for (const well of [
      build(from("base:gzip")),
      build({ inline: "FROM $X" }),
      build({ location: "http://x/y" }),
    ]) {
      const untouched = structuredClone(well.props);
      assert.equal(await remediate(well.props), undefined);
      assert.deepEqual(well.props, untouched);
    }
  });
});
