import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Build, predictBuild } from "../../policypack/builds/predict-build";
import { pullError } from "../../policypack/runtimes/predict";

/** A measured build or repair; see the file's `note`. Layers are words such as `Dg Oz`, null if there was no image. */
export interface Row {
  readonly layers: string | null;
  readonly pull?: Readonly<Record<string, "ok" | "fails">>;
  readonly error?: string;
}
export interface BuildRow extends Row {
  readonly buildkit: string;
  readonly base: string;
  readonly settings: Readonly<Record<string, string | boolean>>;
}
export interface ClientRow extends Row {
  readonly buildkit: string;
  readonly base?: string;
  readonly settings: { readonly scenario: string };
}
export interface PulumiRow extends Row {
  readonly buildkit: string;
  readonly base: string;
  readonly settings: {
    readonly scenario: string;
    readonly checkedExports?: unknown;
    readonly push?: unknown;
  };
}
export interface RepairRow extends Row {
  readonly source: string;
  readonly tool: string;
}
interface Matrix {
  readonly bases: Readonly<Record<string, string>>;
  readonly builds: readonly BuildRow[];
  readonly clients: readonly ClientRow[];
  readonly pulumiDockerBuild: readonly PulumiRow[];
  readonly repairs: readonly RepairRow[];
}

export const matrix = JSON.parse(readFileSync(join(__dirname, "build-matrix.json"), "utf8")) as Matrix;

const words: Readonly<Record<string, string>> = {
  Dt: "application/vnd.docker.image.rootfs.diff.tar",
  Dg: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  Dz: "application/vnd.docker.image.rootfs.diff.tar.zstd",
  Ot: "application/vnd.oci.image.layer.v1.tar",
  Og: "application/vnd.oci.image.layer.v1.tar+gzip",
  Oz: "application/vnd.oci.image.layer.v1.tar+zstd",
};

const seed = Array<string>(15).fill("Dg").fill("Dz", 3).join(" ");
const bases: Readonly<Record<string, string>> = { ...matrix.bases, "docker-3gzip-12zstd": seed, scratch: "" };

export function typesOf(layers: string): string[] {
  return layers === "" ? [] : layers.split(" ").map((word) => words[word]!);
}

export function typesOfBase(name: string): string[] {
  assert.ok(name in bases, name);
  return typesOf(bases[name]!);
}

/** Holds a prediction against its row, and the pulls of what was predicted against the row's. */
export function assertRow(row: Row, build: Build): void {
  const prediction = predictBuild(build);
  const title = JSON.stringify(row);
  if (row.layers === null) {
    assert.ok("error" in prediction, title);
    if (row.error !== undefined) assert.equal(`error: failed to solve: ${prediction.error}`, row.error);
    return;
  }
  assert.deepEqual(prediction, { layers: typesOf(row.layers) }, title);
  if ("layers" in prediction) assertPulls(row, prediction.layers);
}

export function assertPulls(row: Row, mediaTypes: readonly string[]): void {
  const layers = mediaTypes.map((mediaType) => ({ mediaType }));
  for (const [version, outcome] of Object.entries(row.pull ?? {})) {
    const error = pullError(`containerd ${version}`, { layers, diffIds: layers.length });
    assert.equal(error === undefined ? "ok" : "fails", outcome, `${JSON.stringify(row)}: ${error}`);
  }
}
