import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  layersError,
  pullError,
  type PulledImage,
  type RuntimeName,
  runtimeNames,
} from "../../policypack/runtimes/predict";

/** The measurements: each row is an image that each runtime pulled; see the file's `note`. */
interface Variant {
  readonly variant: string;
  readonly layers: readonly string[];
  readonly layerBytes: readonly (keyof typeof trueBytes)[];
  readonly diffIds: number;
  readonly outcomes: Readonly<Record<string, string>>;
}

const trueBytes = {
  gzip: "gzip",
  zstd: "zstd",
  tar: "none",
  "zstd-skippable-first": "zstd-skippable",
  random: "unknown",
} as const;

const { variants } = JSON.parse(readFileSync(join(__dirname, "pull-matrix.json"), "utf8")) as {
  variants: Variant[];
};

/** The release of the matrix behind each runtime that can be asked for. */
const speaks: Readonly<Partial<Record<RuntimeName, string>>> = {
  "containerd-1.4": "containerd 1.4.13",
  "containerd-1.5": "containerd 1.5.18",
  "containerd-1.6": "containerd 1.6.39",
  "containerd-1.7": "containerd 1.7.34",
  "containerd-2.0": "containerd 2.0.11",
  "containerd-2.3": "containerd 2.3.4",
  "dockerd-20.10": "dockerd 20.10.24",
  "dockerd-23": "dockerd 25.0.17",
  "dockerd-25-containerd-store": "dockerd+containerd-store 25.0.17",
};

const measuredNames = runtimeNames.filter((name) => name in speaks);

/** The matrix leaves one random name in the texts: the key of the snapshot. */
function measured(outcome: string): string {
  return outcome.replace(/"extract-\d+-[\w-]+ /, '"extract-<key> ');
}

/** The layers of the `empty-layers` rows are the matrix's only ones shorter than a tar header; it does not give sizes. */
function imageOf({ variant, layers, layerBytes, diffIds }: Variant, looked = true): PulledImage {
  const size = variant.includes("empty-layers") ? 32 : 10_000;
  const bytes = layerBytes.map((word) => trueBytes[word]);
  return {
    layers: layers.map((mediaType, i) => {
      const found = bytes[i];
      return looked && found !== undefined ? { mediaType, size, bytes: found } : { mediaType, size };
    }),
    diffIds,
  };
}

function outcomeOf(name: RuntimeName, image: PulledImage): string {
  return layersError(name, image) ?? "ok";
}

describe("the runtimes' rules", () => {
  it("cover every release that was measured", () => {
    assert.equal(variants.length, 54);
    for (const { outcomes, layers, layerBytes } of variants) {
      assert.equal(Object.keys(outcomes).length, 12);
      assert.equal(layerBytes.length, layers.length);
    }
    // The store of Docker 29 is held against `select-matrix.json` only.
    assert.deepEqual([...measuredNames, "dockerd-29-containerd-store"], runtimeNames);
  });

  for (const row of variants) {
    it(`give the outcome and the words of every release for ${row.variant}`, () => {
      const image = imageOf(row);
      const releases = Object.entries(row.outcomes);
      assert.deepEqual(
        Object.fromEntries(releases.map(([release]) => [release, pullError(release, image) ?? "ok"])),
        Object.fromEntries(releases.map(([release, outcome]) => [release, measured(outcome)])),
      );
    });
  }

  it("exist for every runtime name of the settings", () => {
    for (const row of variants) {
      for (const name of measuredNames) {
        assert.equal(
          outcomeOf(name, imageOf(row)),
          measured(row.outcomes[speaks[name] ?? ""] ?? ""),
          `${row.variant}, ${name}`,
        );
      }
    }
  });

  it("need no layer bytes if the media types are right", () => {
    const honest = variants.filter(({ variant }) => !/labelled|skippable|unknown/.test(variant));
    assert.ok(honest.length > 40);
    for (const row of honest) {
      for (const name of measuredNames) {
        const blind = outcomeOf(name, imageOf(row, false));
        assert.equal(blind, measured(row.outcomes[speaks[name] ?? ""] ?? ""), `${row.variant}, ${name}`);
      }
    }
  });
});

describe("a prediction", () => {
  const [seed] = variants.filter(({ variant }) => variant === "docker-seed-3gzip-base-12zstd-top");
  assert.ok(seed);
  const zstd = { mediaType: "application/vnd.docker.image.rootfs.diff.tar.zstd" };
  const gzip = { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip" };

  it("assumes that an unread config is right", () => {
    const image = { ...imageOf(seed), diffIds: null };
    const error = "number of layers and diffIDs don't match: 3 != 15";
    assert.equal(outcomeOf("containerd-1.7", image), error);
    assert.equal(outcomeOf("containerd-2.0", image), "ok");
    assert.equal(outcomeOf("dockerd-23", image), "ok");
  });

  it("regards the case of media types as containerd does, and dockerd does not", () => {
    const image = { layers: [{ mediaType: gzip.mediaType.toUpperCase() }, gzip], diffIds: 2 };
    assert.equal(outcomeOf("containerd-1.7", image), "number of layers and diffIDs don't match: 1 != 2");
    assert.equal(outcomeOf("dockerd-23", image), "ok");
  });

  it("knows types that count as layers and that nothing unpacks", () => {
    const odd = { mediaType: "application/vnd.oci.image.layer.v1.tar.zstd" };
    assert.match(
      outcomeOf("containerd-1.7", { layers: [odd], diffIds: 1 }),
      /no processor for media-type: unknown$/,
    );
    const erofs = { mediaType: "application/vnd.erofs.layer.v1" };
    assert.match(
      outcomeOf("containerd-2.3", { layers: [erofs, gzip], diffIds: 2 }),
      /no processor for media-type$/,
    );
    assert.match(outcomeOf("containerd-2.0", { layers: [erofs, gzip], diffIds: 2 }), /1 != 2$/);
  });

  it("ignores an image without layers", () => {
    for (const name of runtimeNames) assert.equal(outcomeOf(name, { layers: [], diffIds: 0 }), "ok");
  });

  it("changes with the patch releases that changed containerd", () => {
    const image = { layers: [zstd], diffIds: 1 };
    for (const [release, text] of [
      ["containerd 1.6.24", /no processor/],
      ["containerd 1.6.25", /mismatched image rootfs/],
      ["containerd 1.7.6", /no processor/],
      ["containerd 1.7.7", /mismatched image rootfs/],
    ] as const) {
      assert.match(pullError(release, image) ?? "ok", text);
    }
    assert.throws(() => pullError("podman 5.0.0", image), RangeError);
    assert.throws(() => pullError("dockerd+containerd-store 20.10.24", image), RangeError);
  });
});

describe("the mismatch that ECS reports", () => {
  const gzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";
  const zstd = "application/vnd.docker.image.rootfs.diff.tar.zstd";
  const errorOf = (mediaTypes: readonly string[], diffIds: number) =>
    pullError("containerd 1.7.34", { layers: mediaTypes.map((mediaType) => ({ mediaType })), diffIds });

  it("counts the layers that containerd 1.x recognises against the config's diff_ids", () => {
    const seed = [...Array<string>(3).fill(gzip), ...Array<string>(12).fill(zstd)];
    assert.equal(errorOf(seed, 15), "number of layers and diffIDs don't match: 3 != 15");
    assert.equal(errorOf([gzip, gzip], 2), undefined);
    assert.equal(errorOf([gzip, gzip], 3), "number of layers and diffIDs don't match: 2 != 3");
  });

  it("is another error if no layer is recognised, and pulls if OCI types mix", () => {
    assert.match(errorOf([zstd, zstd], 2) ?? "", /mismatched image rootfs/);
    assert.equal(errorOf([], 0), undefined);
    const mixed = ["gzip", "zstd"].map((suffix) => `application/vnd.oci.image.layer.v1.tar+${suffix}`);
    assert.equal(errorOf(mixed, 2), undefined);
  });
});
