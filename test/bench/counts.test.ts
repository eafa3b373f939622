import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { compete, guardContender, peerContender, whoRead } from "../../bench/contender";
import { orders, RegistryProcess } from "../../bench/registry-process";

const guard = guardContender(resolve(__dirname, "../../dist/bin/cli.js"));

describe("the benchmark's counts", () => {
  let registry: RegistryProcess;
  let home: string;

  before(async function () {
    this.timeout(30_000);
    assert.ok(existsSync(resolve(__dirname, "../../dist/bin/cli.js")), "`npm run build` comes first");
    home = mkdtempSync(join(tmpdir(), "ecs-image-guard-"));
    registry = await RegistryProcess.start({ access: { mode: "bearer" } });
  });
  after(async () => {
    await registry.stop();
    rmSync(home, { recursive: true, force: true });
  });

  it("are the registry's own: two requests an image, one challenge and one token in all, a config for the mixed one", async () => {
    const images = await registry.publish(orders(6, "counts", { mixed: 1 }));
    const { result, traffic } = await registry.during(() => compete(guard, images, home));
    assert.equal(result, 1);
    const { connections, ...counted } = traffic;
    assert.deepEqual(counted, {
      requests: 1 + 1 + 6 * 2 + 1,
      unauthorized: 1,
      limited: 0,
      tokens: 1,
      manifestGets: 12,
      manifestHeads: 0,
      blobs: 1,
    });
    assert.ok(connections >= 1 && connections <= 6, `${connections} connections`);
  }).timeout(30_000);

  it("start at zero for each contender", async () => {
    const { traffic } = await registry.during(() => Promise.resolve());
    assert.equal(traffic.requests + traffic.connections, 0);
  });

  it("do not count a contender that did not read every image", async () => {
    const [image = ""] = await registry.publish(orders(1, "there"));
    const missing = image.replace(":there", ":gone");
    await assert.rejects(compete(guard, [image, missing], home), /read 1 of 2 images/);
  }).timeout(30_000);

  it("skip a peer that does not read such images, with the reason", async () => {
    const peers = ["echo", "false"].map((file) => ({
      ...peerContender({ name: "crane", file, version: file }, registry.host),
      mark: /image-\d$/gm,
    }));
    const { able, leftOut } = await whoRead(peers, ["image-1", "image-2"], () => home);
    assert.deepEqual(able, peers.slice(0, 1));
    assert.deepEqual(leftOut, ["Left out: crane manifest read 0 of 2 images: (false)"]);
  });

  it("of a peer are those of one process for each image", async () => {
    // No peer is needed to see how one is run: this one prints what a manifest begins with.
    const peer = { name: "crane", file: "echo", version: "v1" } as const;
    const contender = {
      ...peerContender(peer, registry.host),
      mark: /^manifest --platform linux\/amd64 image-\d$/gm,
    };
    assert.equal(await compete(contender, ["image-1", "image-2"], home), 0);
  });
});
