import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstatSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { buildImage, pushImage } from "../../support/registry/images";
import { cachedBench } from "../../support/registry/cached-run";

const library = join(__dirname, "../../dist/bin/index.js");

describe("processes that share a cache", function () {
  this.timeout(60_000);
  const bench = cachedBench();
  const plain = { ...process.env, NODE_OPTIONS: "" };

  /** Inspects the tags of `app` so many times over, each with an inspector of its own; prints the diff_ids found. */
  async function run(tags: readonly string[], rounds: number, maxBytes: number, wrapper: string[] = []) {
    const program = `
      const { Inspector } = require(${JSON.stringify(library)});
      const cache = ${JSON.stringify({ directory: bench.directory, maxBytes })};
      (async () => {
        const seen = {};
        for (let round = 0; round < ${rounds}; round++) {
          const inspector = new Inspector({ cache });
          await Promise.all(${JSON.stringify(tags)}.map(async (tag) => {
            const found = await inspector.inspect(${JSON.stringify(bench.registry.host)} + "/app:" + tag, { os: "linux", architecture: "amd64" });
            (seen[tag] ??= new Set()).add(found.ok ? found.value.config?.rootfs.diffIds?.length : found.failure.message);
          }));
          await inspector.close();
        }
        console.log(JSON.stringify(Object.fromEntries(Object.entries(seen).map(([tag, set]) => [tag, [...set]]))));
      })();`;
    const [command, ...args] = [...wrapper, process.execPath, "--eval", program];
    const child = spawn(command, args, { env: plain, stdio: ["ignore", "pipe", "pipe"] });
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    assert.equal(err, "");
    return JSON.parse(out) as Record<string, unknown[]>;
  }

  /** Pushes mixed images of two and more layers, each under the number of its layers. */
  function pushMixed(most: number): Record<string, number[]> {
    const expected: Record<string, number[]> = {};
    for (let layers = 2; layers <= most; layers++) {
      const spec = Array.from({ length: layers }, (_, i) => (i === 0 ? "gzip" : "zstd"));
      pushImage(bench.registry, "app", String(layers), buildImage({ layers: spec, family: "docker" }));
      expected[String(layers)] = [layers];
    }
    return expected;
  }

  it("get the right verdicts while they write and remove the same files", async () => {
    const expected = pushMixed(12);
    // So little room that each removes what the others keep.
    const maxBytes = 60_000;
    const found = await Promise.all(Array.from({ length: 4 }, () => run(Object.keys(expected), 4, maxBytes)));
    for (const one of found) assert.deepEqual(one, expected);
    assert.deepEqual(
      bench.files().filter((file) => file.endsWith(".tmp")),
      [],
    );
  });

  it("get the right verdicts if the disk is full in mid-write", async function () {
    if (process.platform === "win32") this.skip();
    const expected = pushMixed(12);
    // The kernel cuts every file at one block and fails the write, as it does on a full disk (EFBIG for ENOSPC).
    for (const blocks of [0, 1]) {
      const limited = ["sh", "-c", `ulimit -f ${blocks} && exec "$@"`, "sh"];
      assert.deepEqual(await run(Object.keys(expected), 2, 1e9, limited), expected);
      assert.deepEqual(
        bench.files().filter((file) => file.endsWith(".tmp")),
        [],
      );
    }
  });

  it("keep to the configured size", async () => {
    const cache = { directory: bench.directory, maxBytes: 100_000 };
    for (let n = 0; n < 60; n++) {
      const image = buildImage({ layers: ["gzip"], family: "docker", content: `image ${n}` });
      pushImage(bench.registry, `app-${n}`, "1", image);
      await bench.inspect(`app-${n}:1`, { cache });
    }
    // Each file takes a block of the disk, at least.
    const bytes = bench.files().reduce((sum, file) => sum + Math.max(4_096, lstatSync(file).size), 0);
    assert.ok(bytes <= cache.maxBytes && bytes > cache.maxBytes / 2, `${bytes} bytes`);
    bench.asked();
    await bench.inspect("app-59:1", { cache });
    assert.deepEqual(bench.asked(), ["HEAD manifests/1"]);
  });

  it("lose to a kill only what was not written yet", async () => {
    const expected = pushMixed(2);
    const program = `
      const { Inspector } = require(${JSON.stringify(library)});
      const inspector = new Inspector({ cache: { directory: ${JSON.stringify(bench.directory)} } });
      inspector.inspect(${JSON.stringify(bench.registry.host)} + "/app:2", { os: "linux", architecture: "amd64" })
        .then(() => process.kill(process.pid, "SIGKILL"));`;
    const child = spawn(process.execPath, ["--eval", program], { env: plain, stdio: "ignore" });
    await once(child, "exit");
    bench.asked();
    assert.deepEqual(await run(["2"], 1, 1e9), expected);
    assert.deepEqual(bench.asked(), ["GET manifests/2", "GET blobs/<digest>"]);
    assert.deepEqual(await run(["2"], 1, 1e9), expected);
    assert.deepEqual(bench.asked(), ["HEAD manifests/2"]);
  });

  it("remove what an interrupted run left behind, but not what is being written", async () => {
    pushImage(bench.registry, "app", "1", buildImage({ layers: ["gzip"], family: "docker" }));
    await bench.inspect("app:1");
    const [left, written] = ["left.tmp", "written.tmp"].map((name) =>
      join(bench.directory, "images-v1", name),
    );
    writeFileSync(left!, "half");
    writeFileSync(written!, "half");
    utimesSync(left!, 1e9, 1e9);
    pushImage(bench.registry, "app", "2", buildImage({ layers: ["none"], family: "docker" }));
    await bench.inspect("app:2");
    assert.deepEqual(
      bench.files().filter((file) => file.endsWith(".tmp")),
      [written],
    );
  });
});
