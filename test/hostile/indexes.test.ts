import assert from "node:assert/strict";
import { ManifestLookup } from "../../policypack/inspection/manifest-lookup";
import { failure, success } from "../../policypack/common/outcome";
import { ociIndex } from "../../policypack/oci/media-types";
import { resolveIdentity } from "../../policypack/registry/reader-identity";
import { Signal } from "../../policypack/common/signal";

const amd64 = { os: "linux", architecture: "amd64" };
const digestOf = (n: number) => `sha256:${String(n).padStart(64, "0")}`;

interface Entry {
  readonly digest: string;
  readonly platform?: object;
}

/** Looks an image up in a registry that answers each question with an index of these entries, whatever their digests say. */
async function walk(entriesOf: (tagOrDigest: string) => readonly Entry[]) {
  let asked = 0;
  const document = (_: unknown, tagOrDigest: string) => {
    asked++;
    const manifests = entriesOf(tagOrDigest).map((entry) => ({ mediaType: ociIndex, size: 1, ...entry }));
    const bytes = Buffer.from(JSON.stringify({ mediaType: ociIndex, manifests }));
    return Promise.resolve(success({ mediaType: ociIndex, digest: digestOf(0), bytes }));
  };
  const registries = {
    requests: 0,
    manifest: document,
    child: document,
    blob: () => Promise.resolve(failure("missing", "no blob")),
    loginFault: () => Promise.resolve(undefined),
    pullThroughRules: () => Promise.resolve(success([])),
    blobStart: () => Promise.resolve(failure("missing", "no blob")),
    expect: () => undefined,
    forget: () => undefined,
    isPacing: () => false,
    close: () => Promise.resolve(),
  };
  const outcome = await new ManifestLookup({
    registries,
    reference: { registry: "a.example", repository: "app", tag: "1" },
    platform: amd64,
    reader: resolveIdentity("a.example", {}),
    signal: new Signal(),
    sniffLayers: false,
    trace: undefined,
  }).run();
  assert.ok(!outcome.ok);
  return { ...outcome.failure, asked };
}

describe("indexes without a usable image", () => {
  const rows: [
    what: string,
    entriesOf: (tagOrDigest: string) => readonly Entry[],
    kind: string,
    words: RegExp,
  ][] = [
    [
      "in a circle",
      () => [{ digest: digestOf(1), platform: amd64 }],
      "malformed",
      /nested more than 32 deep/,
    ],
    [
      "in a circle of two",
      (at) => [{ digest: digestOf(at === digestOf(1) ? 2 : 1), platform: amd64 }],
      "malformed",
      /nested/,
    ],
    ["in a circle without platforms", () => [{ digest: digestOf(1) }], "malformed", /nested/],
    [
      "in many circles",
      () => Array.from({ length: 1000 }, (_, n) => ({ digest: digestOf(n) })),
      "malformed",
      /nested/,
    ],
  ];
  for (const [what, entriesOf, kind, words] of rows)
    it(`${what} end as ${kind}, after few requests`, async () => {
      const { kind: found, message, asked } = await walk(entriesOf);
      assert.equal(found, kind, message);
      assert.match(message, words);
      assert.ok(asked <= 12, `${asked} requests`);
    });

  it("cost few requests however many entries they have: runtimes take one without a platform", async () => {
    const leaves = Array.from({ length: 1000 }, (_, n) => ({ digest: digestOf(n + 1) }));
    const { proves, asked } = await walk((at) =>
      at === "1" ? leaves : [{ digest: digestOf(1), platform: { os: "linux", architecture: "s390x" } }],
    );
    assert.equal(proves, "wrong-platform");
    assert.equal(asked, 2);
  });
});
