import assert from "node:assert/strict";
import fc from "fast-check";
import { platformOf, readDockerConfig, readImageConfig } from "../../policypack/oci/image-config";
import { GoJsonError, JsonLimitError } from "../../policypack/oci/json-parser";
import { bytesOf, digest } from "../../support/registry/documents";

const rootfs = { type: "layers", diff_ids: [digest, digest] };

describe("an image's config", () => {
  it("gives the platform, the diff_ids and the build's steps", () => {
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
    const read = readImageConfig(bytesOf({ ...platform, rootfs, history, config: { Env: null } }));
    assert.deepEqual(platformOf(read), {
      os: "windows",
      architecture: "arm64",
      variant: "v8",
      osVersion: "10.0.20348.1",
    });
    assert.deepEqual(read.rootfs, { diffIds: [digest, digest], isNil: false });
    assert.deepEqual(
      read.history?.map(({ createdBy, comment, emptyLayer }) => [createdBy, comment, emptyLayer]),
      [
        ["ADD rootfs.tar / # buildkit", "buildkit.dockerfile.v0", false],
        ["ENV A=b", "", true],
        ["", "", false],
      ],
    );
  });

  const rootfsRows: [document: unknown, diffIds: number | null, isNil: boolean][] = [
    [{}, null, true],
    [{ rootfs: null }, null, true],
    [{ rootfs: {} }, null, false],
    [{ rootfs: { diff_ids: null } }, null, false],
    [{ ROOTFS: { Diff_IDs: [digest] } }, 1, false],
    [`{"rootfs":{"diff_ids":["a"]},"rootfs":null}`, 1, true],
    [`{"rootfs":{"diff_ids":["a","b"]},"rootfs":{"diff_ids":["c"]}}`, 1, false],
  ];
  for (const [document, diffIds, isNil] of rootfsRows) {
    it(`whose text is ${typeof document === "string" ? document : JSON.stringify(document)} has ${diffIds ?? "no"} diff_ids`, () => {
      const { rootfs: read } = readImageConfig(bytesOf(document));
      assert.deepEqual([read.diffIds?.length ?? null, read.isNil], [diffIds, isNil]);
    });
  }

  it("is refused for a field of the wrong kind, as Go refuses it", () => {
    const rows: [document: unknown, says: RegExp][] = [
      [{ rootfs: [] }, /array into Go struct field rootfs/],
      [{ rootfs: { diff_ids: "x" } }, /string into Go struct field rootfs\.diff_ids/],
      [{ rootfs: { diff_ids: [digest, 3] } }, /number 3 into Go struct field rootfs\.diff_ids/],
      [{ os: 5 }, /number 5 into Go struct field os/],
      [{ history: "x" }, /string into Go struct field history/],
      [{ created: "" }, /created of type time\.Time/],
      [{ config: { Cmd: "x" } }, /config\.Cmd/],
      [{ config: { Labels: { a: 1 } } }, /config\.Labels/],
      ["not json", /invalid character/],
      ["", /unexpected end of JSON input/],
    ];
    for (const [document, says] of rows)
      assert.throws(
        () => readImageConfig(bytesOf(document)),
        (error) => error instanceof GoJsonError && says.test(error.message),
        JSON.stringify(document),
      );
  });

  it("may have one string for a command, to dockerd only", () => {
    const bytes = bytesOf({ rootfs, config: { Cmd: "x", Entrypoint: "y" } });
    assert.throws(() => readImageConfig(bytes), GoJsonError);
    assert.equal(readDockerConfig(bytes).rootfs.diffIds?.length, 2);
  });

  it("is read, or refused with a message, whatever JSON or bytes it is", () => {
    const json = fc.record({
      os: fc.jsonValue(),
      rootfs: fc.oneof(fc.record({ diff_ids: fc.jsonValue() }), fc.jsonValue()),
      history: fc.jsonValue(),
    });
    const document = fc.oneof(json.map(bytesOf), fc.json().map(bytesOf), fc.uint8Array({ maxLength: 100 }));
    fc.assert(
      fc.property(document, (bytes) => {
        try {
          readImageConfig(bytes);
        } catch (error) {
          assert.ok(error instanceof GoJsonError || error instanceof JsonLimitError, String(error));
        }
      }),
      { seed: 20250214, numRuns: 500 },
    );
  });
});
