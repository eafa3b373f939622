import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { gunzipSync } from "node:zlib";
import { buildImage } from "../../support/registry/images";
import { digestOf } from "../../support/registry/registry";
import { tar } from "../../support/registry/tar";
import { zstdFrame } from "../../support/registry/zstd";

function cli(command: string, args: readonly string[], input: Uint8Array): Buffer | undefined {
  const { status, stdout, error, stderr } = spawnSync(command, args, { input, maxBuffer: 1e7 });
  if (error !== undefined) {
    assert.equal(process.env["CI"], undefined, `${command} is needed`);
    console.log(`      ${command} is not installed here`);
    return undefined;
  }
  assert.equal(status, 0, stderr.toString());
  return stdout;
}

describe("the images of the tests", () => {
  for (const size of [0, 1, 255, 128 * 1024, 128 * 1024 + 1, 300_000]) {
    it(`hold zstd frames that zstd itself reads (${size} bytes)`, function () {
      const bytes = Buffer.alloc(size, "layer");
      const read = cli("zstd", ["-d", "-c"], zstdFrame(bytes));
      if (read === undefined) this.skip();
      assert.ok(read.equals(bytes));
    });
  }

  it("hold archives that tar itself reads", function () {
    const list = cli(
      "tar",
      ["-tvf", "-"],
      tar([
        { name: "etc/a", body: "x".repeat(513) },
        { name: "b", body: "" },
      ]),
    );
    if (list === undefined) this.skip();
    assert.match(
      list.toString(),
      /^-rw-r--r-- 0\/0\s+513 1970-01-01 \S+ etc\/a\n-rw-r--r-- 0\/0\s+0 .* b\n$/,
    );
  });

  it("have true diff_ids, and are the same for the same specification", () => {
    const spec = { family: "oci", layers: ["gzip", "none"] } as const;
    const image = buildImage(spec);
    const [gzip, none] = image.layers;
    const config: unknown = JSON.parse(image.config.bytes.toString());
    assert.deepEqual(Object.entries(config as object).find(([key]) => key === "rootfs")?.[1], {
      type: "layers",
      diff_ids: [digestOf(gunzipSync(gzip!.bytes)), digestOf(none!.bytes)],
    });
    assert.equal(image.digest, buildImage(spec).digest);
    assert.notEqual(image.digest, buildImage({ ...spec, content: "another" }).digest);
  });
});
