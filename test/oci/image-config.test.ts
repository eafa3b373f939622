import assert from "node:assert/strict";
import fc from "fast-check";
import { parseImageConfig } from "../../policypack/oci/image-config";
import { bytesOf, digest } from "../../support/registry/documents";

function configOf(document: unknown) {
  const outcome = parseImageConfig(bytesOf(document));
  assert.ok(outcome.ok, outcome.ok ? "" : outcome.failure.message);
  return outcome.value;
}

const rootfs = { type: "layers", diff_ids: [digest, digest] };

describe("an image's config", () => {
  it("gives the platform, the number of layers and the build's steps", () => {
    const history = [
      {
        created: "2025-02-14T00:00:00Z",
        created_by: "ADD rootfs.tar / # buildkit",
        comment: "buildkit.dockerfile.v0",
      },
      { created_by: "ENV A=b", empty_layer: true },
      {},
    ];
    const platform = { os: "windows", architecture: "arm64", variant: "v8", "os.version": "10.0.20348.1" };
    assert.deepEqual(configOf({ ...platform, rootfs, history, config: { Env: null } }), {
      os: "windows",
      architecture: "arm64",
      variant: "v8",
      osVersion: "10.0.20348.1",
      diffIds: 2,
      history: [
        { createdBy: "ADD rootfs.tar / # buildkit", comment: "buildkit.dockerfile.v0", emptyLayer: false },
        { createdBy: "ENV A=b", emptyLayer: true },
        { emptyLayer: false },
      ],
    });
  });

  it("may hold anything in the fields that runtimes do not depend on", () => {
    const oddities = [
      { os: 5 },
      { variant: null },
      { history: "x" },
      { history: [1] },
      { history: null },
      { os: "" },
    ];
    for (const odd of oddities) assert.deepEqual(configOf({ rootfs, ...odd }), { diffIds: 2, history: [] });
    const step = { created_by: 1, comment: {}, empty_layer: "true" };
    assert.deepEqual(configOf({ rootfs, history: [step] }).history, [{ emptyLayer: false }]);
  });

  it("is refused, the field named, where its diff_ids are not a list of strings", () => {
    const rows: [document: unknown, says: RegExp][] = [
      [{}, /its config has a wrong rootfs: an object is expected, not nothing/],
      [{ rootfs: [] }, /wrong rootfs/],
      [{ rootfs: {} }, /wrong rootfs\.diff_ids: an array is expected/],
      [{ rootfs: { diff_ids: null } }, /wrong rootfs\.diff_ids/],
      [{ rootfs: { diff_ids: "x" } }, /wrong rootfs\.diff_ids/],
      [{ rootfs: { diff_ids: [digest, 3] } }, /wrong rootfs\.diff_ids\[1\]: a string is expected, not 3/],
      [{ rootfs: { diff_ids: Array(10_001).fill("x") } }, /more than 10,000/],
      ["[]", /its config is not a JSON object/],
      ["", /its config is empty/],
    ];
    for (const [document, says] of rows) {
      const outcome = parseImageConfig(bytesOf(document));
      assert.ok(!outcome.ok);
      assert.equal(outcome.failure.kind, "malformed");
      assert.match(outcome.failure.message, says);
    }
  });

  it("is never read with an exception, whatever JSON or bytes it is", () => {
    const json = fc.record({
      os: fc.jsonValue(),
      rootfs: fc.oneof(fc.record({ diff_ids: fc.jsonValue() }), fc.jsonValue()),
      history: fc.jsonValue(),
    });
    const document = fc.oneof(json.map(bytesOf), fc.json().map(bytesOf), fc.uint8Array({ maxLength: 100 }));
    fc.assert(
      fc.property(document, (bytes) => {
        const outcome = parseImageConfig(bytes);
        return outcome.ok ? outcome.value.diffIds >= 0 : outcome.failure.kind === "malformed";
      }),
      { seed: 20250214, numRuns: 500 },
    );
  });
});
