import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { ociIndex, ociManifest } from "../../policypack/oci/media-types";
import { predictPulls } from "../../policypack/runtimes/predict";
import { Document, type PullSource } from "../../policypack/runtimes/pull";
import { matrix, sourceOf as servedBy } from "../conformance/select-matrix";

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const document = (mediaType: string, name: string, content: object) =>
  new Document(
    mediaType,
    digest(name),
    Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...content })),
  );
const manifest = (name: string) =>
  document(ociManifest, name, {
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digest("c"), size: 2 },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: digest("0"), size: 600 }],
  });
const plain = manifest("a");
const levelled = manifest("b");
const amd64 = { os: "linux", architecture: "amd64" };
const entry = ({ mediaType, digest, bytes }: Document, variant?: string) => ({
  mediaType,
  digest,
  size: bytes.length,
  platform: { ...amd64, ...(variant !== undefined && { variant }) },
});
const index = document(ociIndex, "d", { manifests: [entry(plain), entry(levelled, "v3")] });

const sourceOf = (child: PullSource["child"]): PullSource => ({
  child,
  layers: (selected) => Promise.resolve(selected.layers ?? []),
  config: () => Promise.resolve(null),
});

describe("the pulls of all runtimes", () => {
  it("give the selected manifests in the order of the runtimes, however late a manifest comes", async () => {
    const source = sourceOf(async (descriptor) => {
      if (descriptor.digest === levelled.digest) return levelled;
      await sleep(5);
      return plain;
    });
    const { selected } = await predictPulls(index, amd64, source);
    assert.deepEqual([...selected.keys()], [plain.digest, levelled.digest]);
  });

  it("name the host's level for a runtime that takes another manifest there, and only then", async () => {
    const source = sourceOf(({ digest }) => Promise.resolve(digest === plain.digest ? plain : levelled));
    const { predictions } = await predictPulls(index, amd64, source);
    const taken = (wanted: string) =>
      predictions.filter(({ runtime }) => runtime === wanted).map(({ host, manifest }) => [host, manifest]);
    assert.deepEqual(taken("containerd-1.7"), [[undefined, plain.digest]]);
    assert.deepEqual(taken("dockerd-23"), [
      ["amd64/v2", plain.digest],
      ["amd64/v3", levelled.digest],
      ["amd64/v4", levelled.digest],
    ]);
  });

  it("are unknown only for the runtimes whose manifest cannot be read", async () => {
    const source = sourceOf(({ digest }) =>
      digest === plain.digest ? Promise.resolve(plain) : Promise.reject(new Error("not there")),
    );
    const { predictions, unpredicted } = await predictPulls(index, amd64, source);
    assert.deepEqual(
      unpredicted.map(({ runtime }) => runtime),
      ["dockerd-23", "dockerd-23", "dockerd-29-containerd-store", "dockerd-29-containerd-store"],
    );
    assert.equal(predictions.length, 10);
  });

  it("show of each level of a host what a pull for that level alone shows", async () => {
    for (const one of matrix.cases) {
      const served = servedBy(one);
      const { predictions } = await predictPulls(served.root(one.root), amd64, served.source);
      for (const variant of ["v2", "v3", "v4"]) {
        const host = `amd64/${variant}`;
        const together = predictions.filter((prediction) => (prediction.host ?? host) === host);
        const alone = await predictPulls(served.root(one.root), { ...amd64, variant }, served.source);
        for (const runtime of ["dockerd-23", "dockerd-29-containerd-store"]) {
          const of = (all: typeof predictions) =>
            all.filter((prediction) => prediction.runtime === runtime).map((found) => ({ ...found, host }));
          assert.deepEqual(of(together), of(alone.predictions), `${one.name} on ${host}`);
        }
      }
    }
  });
});
