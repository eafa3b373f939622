import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfiguration } from "../../policypack/cli/configuration";
import { InputError } from "../../policypack/cli/input";
import { runCli } from "../../support/process/cli";
import { buildImage, pushImage, pushIndex } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

describe("ecs-image-guard inspect --config", () => {
  let registry: TestRegistry;
  let folder = "";
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-cli-"));
    registry = await TestRegistry.start();
    pushImage(registry, "app", "good", buildImage({ layers: ["gzip"], family: "docker" }));
    pushImage(registry, "app", "mixed", buildImage({ layers: ["gzip", "zstd"], family: "docker" }));
    pushImage(registry, "app", "oci-mix", buildImage({ layers: ["gzip", "zstd"], family: "oci" }));
    pushImage(registry, "app", "zstd", buildImage({ layers: ["zstd"], family: "docker" }));
    const arm = buildImage({
      layers: ["gzip", "zstd"],
      family: "docker",
      platform: { os: "linux", architecture: "arm64" },
    });
    pushIndex(registry, "app", "arm-mix", [arm]);
    pushImage(
      registry,
      "app",
      "oci-mix-on-arm",
      buildImage({ layers: ["gzip", "zstd"], family: "oci", platform: arm.platform }),
    );
    registry.putManifest("app", "broken", "application/vnd.oci.image.manifest.v1+json", "{");
    const gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
    pushImage(
      registry,
      "app",
      "lie",
      buildImage({ layers: ["gzip", "zstd"], family: "oci", mediaTypes: [gzip, gzip] }),
    );
  });
  beforeEach(() => (registry.log.length = 0));
  after(async () => {
    await registry.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function verdicts(config: object, names: readonly string[], more: readonly string[] = []) {
    const path = join(folder, "guard.json");
    writeFileSync(path, JSON.stringify(config));
    const images = names.map((name) => `${registry.host}/app:${name}`);
    const { code, out, err } = await runCli([
      "inspect",
      ...images,
      "--config",
      path,
      "--format",
      "json",
      ...more,
    ]);
    assert.doesNotMatch(err, /^ecs-image-guard/);
    const { images: found } = JSON.parse(out) as {
      images: { verdict: string; findings: { message: string }[] }[];
    };
    for (const {
      verdict,
      findings: [finding],
    } of found)
      if (verdict === "unverified") assert.match(finding?.message ?? "", /^(?:Not|Cannot) /);
    return { code, verdicts: found.map(({ verdict }) => verdict) };
  }

  const mixed = "mixed-layer-compression";
  const cases: [what: string, config: object, names: string[], code: number, verdicts: string[]][] = [
    ["no policy", { $schema: "./config.schema.json" }, ["good", "mixed"], 1, ["ok", "blocked"]],
    ["allowOciMix", { [mixed]: { allowOciMix: true } }, ["oci-mix", "mixed"], 1, ["warning", "blocked"]],
    ["a level", { [mixed]: "advisory" }, ["oci-mix"], 0, ["warning"]],
    ["a level of all", { all: "advisory" }, ["zstd", "mixed"], 0, ["warning", "warning"]],
    [
      "a level over that of all",
      { all: "disabled", [mixed]: "mandatory" },
      ["mixed", "zstd"],
      1,
      ["blocked", "ok"],
    ],
    ["remediate, which blocks", { "missing-image": "remediate" }, ["gone"], 1, ["blocked"]],
    ["fail closed", { "unverified-image": { enforcementLevel: "mandatory" } }, ["gone"], 1, ["blocked"]],
    ["a disabled policy", { [mixed]: "disabled" }, ["oci-mix"], 0, ["ok"]],
    [
      "the mix that another policy reports, if its own is disabled",
      { [mixed]: { enforcementLevel: "disabled" } },
      ["mixed"],
      1,
      ["blocked"],
    ],
    ["every policy disabled", { all: "disabled" }, ["mixed"], 2, ["unverified"]],
    [
      "every report of an image for other platforms disabled",
      { "platform-mismatch": "disabled", "unverified-image": "disabled" },
      ["arm-mix"],
      2,
      ["unverified"],
    ],
    [
      "the report of what no runtime takes, if its own policy is disabled",
      { "unpullable-layers": "disabled" },
      ["broken"],
      0,
      ["warning"],
    ],
    [
      "every report of what no runtime takes disabled",
      { "unpullable-layers": "disabled", "unverified-image": "disabled" },
      ["broken"],
      2,
      ["unverified"],
    ],
    [
      "every report of missing images disabled",
      { "missing-image": "disabled", "unverified-image": "disabled" },
      ["gone"],
      2,
      ["unverified"],
    ],
    [
      "shared settings on the first policy",
      { [mixed]: { exclude: [{ image: "**:mixed", reason: "TEAM-1" }] } },
      ["mixed", "good"],
      0,
      ["exempt", "ok"],
    ],
    [
      "an exemption that has ended",
      { [mixed]: { exclude: [{ image: "**", until: "2020-01-01", reason: "TEAM-1" }] } },
      ["mixed"],
      1,
      ["blocked"],
    ],
    [
      "an exemption from one policy alone",
      { "unpullable-layers": { exclude: [{ image: "**", reason: "TEAM-1" }] } },
      ["zstd", "mixed"],
      1,
      ["exempt", "blocked"],
    ],
    [
      "runtimes of all launch types",
      { [mixed]: { runtimes: { FARGATE: ["containerd-2.0"], EC2: ["dockerd-23"] } } },
      ["zstd"],
      0,
      ["ok"],
    ],
    ["sniffLayers", { [mixed]: { sniffLayers: true } }, ["lie"], 1, ["blocked"]],
    [
      "settings of one policy alone",
      { "unpullable-layers": { runtimes: { FARGATE: ["containerd-2.0"], EC2: ["dockerd-23"] } } },
      ["zstd", "mixed"],
      1,
      ["ok", "blocked"],
    ],
  ];
  for (const [what, config, names, code, expected] of cases)
    it(`applies ${what}`, async () => {
      assert.deepEqual(await verdicts(config, names), { code, verdicts: expected });
    });

  it("sends nothing for an exempt image", async () => {
    await verdicts({ [mixed]: { exclude: [{ image: "**", reason: "TEAM-1" }] } }, ["mixed"]);
    assert.deepEqual(registry.log, []);
  });

  it("shows what decides first: not that the mix of an image for another platform is allowed", async () => {
    const file = join(folder, "allow.json");
    writeFileSync(file, JSON.stringify({ [mixed]: { allowOciMix: true } }));
    const shown = async (tag: string) =>
      (await runCli(["inspect", `${registry.host}/app:${tag}`, "--config", file])).out;
    assert.match(await shown("oci-mix-on-arm"), /^blocked .*\n {2}Not built for linux\/amd64\./);
    registry.onRequest = ({ url = "" }, response) => {
      if (url.includes("/blobs/")) response.writeHead(404).end();
      return url.includes("/blobs/");
    };
    assert.match(await shown("oci-mix"), /^unverified .*\n {2}Not verified: a part of the image/);
    registry.onRequest = undefined;
    assert.match(await shown("oci-mix"), /^warning .*\n {2}Mixes gzip and zstd layers\. Not blocked/);
  });

  it("lets options of the command line come on top", async () => {
    const config = { [mixed]: { runtimes: { FARGATE: ["containerd-1.7"] } } };
    assert.deepEqual(await verdicts(config, ["zstd"], ["--runtime", "dockerd-23"]), {
      code: 0,
      verdicts: ["ok"],
    });
    assert.deepEqual(await verdicts({}, ["lie"], ["--sniff"]), { code: 1, verdicts: ["blocked"] });
  });

  const wrong: [what: string, text: string, words: RegExp][] = [
    [
      "an unknown policy",
      '{"mixed-layer-compresion": "advisory"}',
      /Unknown policy `mixed-layer-compresion`\. Did you mean `mixed-layer-compression`\?/,
    ],
    [
      "an unknown setting",
      `{"${mixed}": {"alowOciMix": true}}`,
      /In `mixed-layer-compression`: Unknown setting `alowOciMix`\. Did you mean `allowOciMix`\?/,
    ],
    [
      "an unknown level",
      `{"${mixed}": "blocking"}`,
      /The level of `mixed-layer-compression` must be one of advisory, /,
    ],
    ["a level that is not a text", `{"${mixed}": 1}`, /The level of `mixed-layer-compression` must/],
    ["settings of all policies", '{"all": {"allowOciMix": true}}', /`all` takes a level only/],
    ["a list", "[]", /must be a JSON object of policies/],
    ["broken JSON", `{"${mixed}": }`, /not valid JSON at line 1, column 29/],
    ["two faults at once", '{"a": "advisory", "all": "x"}', /Unknown policy `a`.*The level of `all`/],
  ];
  for (const [what, text, words] of wrong)
    it(`refuses ${what}`, () => {
      assert.throws(
        () => readConfiguration(text, "guard.json", {}),
        (error: unknown) => {
          assert.ok(error instanceof InputError);
          assert.match(error.message, /^guard\.json/);
          assert.match(error.message, words);
          return true;
        },
      );
    });
});
