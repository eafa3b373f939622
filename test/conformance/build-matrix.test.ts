import assert from "node:assert/strict";
import { type DockerBuildProps, settingsOfDockerBuild } from "../../policypack/builds/docker-build-settings";
import type { Build, BuildSettings } from "../../policypack/builds/predict-build";
import {
  assertPulls,
  assertRow,
  type BuildRow,
  type ClientRow,
  matrix,
  typesOf,
  typesOfBase,
} from "./build-matrix";

/** Settings as the matrix and `--output` write them: `compression=zstd,force-compression=true`. */
function settingsOf(given: Readonly<Record<string, string | boolean>>): BuildSettings {
  const settings: Record<string, unknown> = {};
  const names: Record<string, keyof BuildSettings> = {
    compression: "compression",
    "force-compression": "forceCompression",
    "oci-mediatypes": "ociMediaTypes",
    attestations: "attestations",
  };
  for (const [key, value] of Object.entries(given)) {
    assert.ok(key in names, key);
    settings[names[key]!] = value;
  }
  return settings;
}

function parse(attributes: string): BuildSettings {
  const fields = attributes.split(",").filter((field) => /^(compression|force|oci-mediatypes)/.test(field));
  return settingsOf(
    Object.fromEntries(
      fields.map((field): [string, string | boolean] => {
        const [key = "", value = ""] = field.split("=");
        return [key, value === "true" ? true : value === "false" ? false : value];
      }),
    ),
  );
}

const called: Readonly<Record<string, BuildSettings>> = {
  "seed fix": { compression: "zstd", forceCompression: true, ociMediaTypes: true },
  "gzip forced": { compression: "gzip", forceCompression: true },
  "force alone": { forceCompression: true },
  "pulumi default (oci-mediatypes=false)": { ociMediaTypes: false },
  "nothing set": {},
};

type Known = Omit<Build, "buildkitVersion">;
const on = (base: string, settings: BuildSettings = {}, newLayers = 2): Known => ({
  baseLayers: typesOfBase(base),
  newLayers,
  ...settings,
});

/** What the scenarios that are not self-explaining built; the rows do not say it otherwise. */
const scenarios: Readonly<Record<string, Known>> = {
  "gzip base, COPY --from=<zstd image>": on("docker-gzip", {}, 1),
  "rewrite-timestamp, zstd base, default": on("docker-zstd"),
  "rewrite-timestamp, gzip base, zstd": on("docker-gzip", { compression: "zstd" }),
  // The `oci` exporter's own default.
  "type=oci": on("docker-zstd", { ociMediaTypes: true }),
  "type=oci,oci-mediatypes=false": on("docker-zstd", { ociMediaTypes: false }),
  "annotation, zstd base": on("docker-zstd"),
  "annotation + oci-mediatypes=false, zstd base": on("docker-zstd", { ociMediaTypes: false }),
  "two platforms, FROM scratch, zstd": on("scratch", { compression: "zstd" }),
  "two platforms, FROM scratch, zstd, oci-mediatypes=false": on("scratch", {
    compression: "zstd",
    ociMediaTypes: false,
  }),
  "oci-artifact=true + provenance": on("docker-gzip", { attestations: true }),
  "provenance default artifact form": on("docker-gzip", { attestations: true }),
  "cache-to registry compression=zstd": on("docker-gzip"),
};

/** Rows of `clients` that the rule does not cover, each with the reason and the number of them. */
const uncovered: readonly { scenario: RegExp; rows: number; why: string }[] = [
  { scenario: /^cache: 2nd build/, rows: 27, why: "a reused builder keeps whatever compression it has" },
  { scenario: /^cache-from that/, rows: 6, why: "an imported cache keeps whatever compression it has" },
  { scenario: /^spelling$/, rows: 15, why: "the rows do not say what was spelt how" },
];

/** What a row built, the `nth` of its version and scenario; undefined if the table above says that the rule is silent. */
function buildOf({ base, settings: { scenario } }: ClientRow, nth: number): Known | undefined {
  if (uncovered.some((rows) => rows.scenario.test(scenario))) return undefined;
  const listed = scenarios[scenario];
  if (listed !== undefined) return listed;
  // Two builds of each version, the second one with zstd.
  if (scenario === "FROM scratch") return on("scratch", nth % 2 === 0 ? {} : { compression: "zstd" });

  const buildx = /^buildx (?:--push|-o (\S+))/.exec(scenario);
  if (buildx !== null && base !== undefined) {
    const attestations = !scenario.endsWith("--provenance=false");
    return on(base, { ...parse(buildx[1] ?? ""), attestations });
  }
  const cold = /^cache: 1st build(?: \(unset\)|,(.*))$/.exec(scenario);
  if (cold !== null) return on("docker-gzip", parse(cold[1] ?? ""));
  const [, what = "", image = ""] = /^(.*) on (\S+)$/.exec(scenario) ?? [];
  if (what === "FROM only" || what === "FROM+ENV") return on(image, {}, 0);
  if (what === "COPY --link") return on(image);
  const settings = called[what];
  assert.ok(settings, `nobody knows what ${scenario} built`);
  return on(image, settings);
}

describe("the rule of what BuildKit makes of a base image", () => {
  const groups = new Map<string, BuildRow[]>();
  for (const row of matrix.builds) {
    const title = `${row.buildkit} from ${row.base}`;
    groups.set(title, [...(groups.get(title) ?? []), row]);
  }

  it("covers every build that was measured", () => {
    assert.equal(matrix.builds.length, 1260);
    assert.equal(groups.size, 21);
    assert.equal(matrix.builds.filter(({ layers }) => layers === null).length, 84);
  });

  for (const [title, rows] of groups) {
    it(`gives the layers, the errors and the pulls of ${title}`, () => {
      assert.equal(rows.length, 60);
      for (const row of rows) {
        const { buildkit, base, settings } = row;
        assertRow(row, { buildkitVersion: buildkit, ...on(base), ...settingsOf(settings) });
      }
    });
  }

  it("holds for other clients and Dockerfiles, unless an old cache is used", () => {
    const seen = new Map<string, number>();
    let held = 0;
    for (const row of matrix.clients) {
      const { scenario } = row.settings;
      const key = `${row.buildkit} ${scenario}`;
      const nth = seen.get(key) ?? 0;
      seen.set(key, nth + 1);
      const build = buildOf(row, nth);
      if (build === undefined) continue;
      assertRow(row, { buildkitVersion: row.buildkit, ...build });
      held += 1;
    }
    assert.equal(held, 188);
    assert.equal(matrix.clients.length, 236);
  });

  for (const { scenario, rows, why } of uncovered) {
    it(`does not speak of the ${rows} rows of ${scenario.source}: ${why}`, () => {
      const found = matrix.clients.filter(({ settings }) => scenario.test(settings.scenario));
      assert.equal(found.length, rows);
      for (const row of found) assertPulls(row, typesOf(row.layers ?? ""));
    });
  }

  it("holds for BuildKit as a repair tool, and leaves the 65 rows of other tools to themselves", () => {
    const copied = new Map(
      matrix.repairs
        .filter(({ tool }) => tool === "crane copy")
        .map(({ source, layers }) => [source, typesOf(layers ?? "")]),
    );
    let others = 0;
    for (const row of matrix.repairs) {
      const buildkit = /^BuildKit (\S+) FROM-only,?(.*)$/.exec(row.tool);
      if (buildkit === null) {
        others += 1;
        if (row.layers !== null) assertPulls(row, typesOf(row.layers));
        continue;
      }
      const [, buildkitVersion = "", attributes = ""] = buildkit;
      const baseLayers = copied.get(row.source);
      assert.ok(baseLayers);
      assertRow(row, { buildkitVersion, baseLayers, newLayers: 0, ...parse(attributes) });
    }
    assert.equal(others, 65);
    assert.equal(matrix.repairs.length, 85);
  });
});

describe("what pulumi-docker-build sends", () => {
  const configured = new Map<string, DockerBuildProps>();
  for (const { settings } of matrix.pulumiDockerBuild) {
    const { scenario, checkedExports, push } = settings;
    if (checkedExports !== undefined || push === true)
      configured.set(scenario, { exports: checkedExports, push });
  }

  it("covers 16 configurations", () => {
    assert.equal(configured.size, 16);
    assert.equal(matrix.pulumiDockerBuild.length, 64);
  });

  for (const [scenario, props] of configured) {
    it(`makes the images that were measured of ${scenario}`, () => {
      const [sent, ...others] = settingsOfDockerBuild(props);
      assert.deepEqual(others, []);
      assert.ok(sent !== undefined && "settings" in sent);
      // A build that failed has no checked exports in its row: they are those of its scenario.
      const rows = matrix.pulumiDockerBuild.filter(({ settings }) => settings.scenario === scenario);
      assert.equal(rows.length, 4);
      for (const row of rows)
        assertRow(row, { buildkitVersion: row.buildkit, ...on(row.base, sent.settings) });
    });
  }
});
