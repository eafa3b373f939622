import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { copyCheckout, setVersion } from "../../support/process/checkout";
import { AnyResource, engineFor, type EngineRun, type EngineStack } from "../../support/engine/engine";
import { buildImage, pushImage, threeGzipTwelveZstd } from "../../support/registry/images";
import { type CommandRun, Organization } from "../../support/cloud/organization";
import { TestRegistry } from "../../support/registry/registry";
import { untar } from "../../support/registry/tar";

const pack = "acme/ecs-image-guard";

describe("in an organization of Pulumi Cloud, the pack", function () {
  this.timeout(180_000);
  let organization: Organization;
  let registry: TestRegistry;
  let checkout: string;
  let mixed: EngineStack;
  let good: EngineStack;
  let missing: EngineStack;

  before(async function () {
    organization = await Organization.start(await engineFor(this));
    checkout = join(organization.folder, "checkout");
    copyCheckout(checkout);
    registry = await TestRegistry.start();
    pushImage(registry, "app", "good", buildImage({ layers: ["gzip", "gzip"], family: "docker" }));
    pushImage(registry, "app", "mixed", buildImage({ layers: threeGzipTwelveZstd, family: "docker" }));
    [mixed, good, missing] = await Promise.all([service("mixed"), service("good"), service("missing")]);
  });

  after(async () => {
    // Both are missing where the suite was skipped.
    await (organization as Organization | undefined)?.stop();
    await (registry as TestRegistry | undefined)?.stop();
  });

  /** A stack of the organization with one service that runs the image of that tag; its authors name no pack. */
  function service(tag: string): Promise<EngineStack> {
    return organization.stack(() => {
      const containerDefinitions = JSON.stringify([{ name: "app", image: `${registry.host}/app:${tag}` }]);
      new AnyResource("aws:ecs/taskDefinition:TaskDefinition", tag, { family: tag, containerDefinitions });
    });
  }

  function validate(config: object): Promise<CommandRun> {
    const file = organization.write(config);
    return organization.policy(["validate-config", pack, "0.1.0", "--config", file]);
  }

  function preview(stack: EngineStack): Promise<EngineRun> {
    return stack.preview({ packs: [] });
  }

  it("is published by npm run publish:pulumi: what runs, and nothing else", async () => {
    const run = await organization.run("npm", ["run", "publish:pulumi", "--", "acme"], checkout);
    assert.equal(run.status, 0, run.output);
    assert.match(run.output, /Publishing "ecs-image-guard" - version 0\.1\.0 to "acme"/);
    const [published, ...others] = organization.cloud.policies.published();
    assert.ok(published);
    assert.deepEqual(others, []);
    assert.ok(published.tarball.length < 1_000_000, `${published.tarball.length} bytes`);
    const names = [...untar(gunzipSync(published.tarball)).keys()];
    assert.deepEqual(names.filter((name) => !/^package\/(bin\/[\w-]+\.js|docs\/.*)$/.test(name)).sort(), [
      "package/LICENSE",
      "package/PulumiPolicy.yaml",
      "package/README.md",
      "package/SBOM.cdx.json",
      "package/SECURITY.md",
      "package/THIRD_PARTY_LICENSES",
      "package/bin/analyzer-info.bin",
      "package/bin/config.schema.json",
      "package/bin/index.d.ts",
      "package/bin/parts.json",
      "package/node_modules/@pulumi/pulumi/cmd/run-policy-pack/index.js",
      "package/node_modules/@pulumi/pulumi/package.json",
      "package/package.json",
    ]);
    assert.ok(names.includes("package/bin/pack.js"));
  });

  it("introduces itself and each of its policies", () => {
    const [published] = organization.cloud.policies.published();
    assert.ok(published);
    const { displayName, description, readme, provider, tags, repository, policies } = published.pack;
    assert.equal(displayName, "ECS image guard");
    assert.match(description ?? "", /^Blocks ECS deployments/);
    assert.equal(readme, readFileSync(join(checkout, "README.md"), "utf8"));
    assert.equal(provider, "AWS");
    assert.ok(tags?.includes("ecs"));
    const { homepage } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")) as {
      homepage: string;
    };
    assert.equal(repository, homepage);
    for (const policy of policies) {
      for (const words of [policy.displayName, policy.description, policy.remediationSteps, policy.severity])
        assert.ok(words, `${policy.name} lacks words`);
      assert.ok((policy.tags ?? []).length > 0, policy.name);
      assert.equal(policy.url, `${homepage}#policies`);
      assert.match(readme, /^## Policies$/m, "the anchor of the URL");
      assert.equal(policy.framework?.["reference"], "OPS 6");
      assert.ok(policy.configSchema?.properties);
    }
  });

  it("cannot be published twice under one version", async () => {
    const run = await organization.policy(["publish", "acme"], join(checkout, "dist"));
    assert.notEqual(run.status, 0);
    assert.match(run.output, /Version 0\.1\.0 already exists/);
  });

  it("is not published without the name of one organization", async () => {
    const runs = [[], ["acme/pack"], ["acme", "other"], ["--help"]].map((args) =>
      organization.run(process.execPath, ["--import", "tsx", "scripts/publish.ts", ...args], checkout),
    );
    for (const { status, output } of await Promise.all(runs)) {
      assert.equal(status, 2, output);
      assert.match(output, /^Usage: npm run publish:pulumi -- ORG$/m);
    }
  });

  it("has the documented configurations accepted by pulumi policy validate-config", async () => {
    const documents = ["README.md", "docs/configuration.md"].map((file) =>
      readFileSync(join(checkout, file), "utf8"),
    );
    const examples = documents.join("\n").matchAll(/^```json\n(.*?)^```$/gms);
    const configs = [...examples].map(([, text = ""]) => JSON.parse(text) as object);
    assert.ok(configs.length > 0);
    for (const config of configs) {
      const { status, output } = await validate(config);
      assert.equal(status, 0, output);
      assert.match(output, /^Policy pack .*configuration is valid\.$/m);
    }
  });

  it("has a wrong configuration refused by pulumi policy validate-config, with a message", async () => {
    const shared = "mixed-layer-compression";
    for (const [config, words] of [
      [{ [shared]: { timeBudgetSeconds: "long" } }, /Expected: number, given: string/],
      [{ [shared]: { exclude: [{ image: "nginx" }] } }, /reason is required/],
      [{ [shared]: { enforcementLevel: "blocking" } }, /"blocking" is not a valid enforcement level/],
    ] as const) {
      const { status, output } = await validate(config);
      assert.notEqual(status, 0);
      assert.match(output, words);
    }
  });

  it("does not run before it is enabled", async () => {
    const run = await preview(mixed);
    assert.equal(run.passed, true, run.output);
    assert.doesNotMatch(run.output, /ecs-image-guard@/);
    assert.deepEqual(organization.installs(), []);
  });

  it("once enabled, is installed while the npm registry is down and blocks a mixed image", async () => {
    const enabled = await organization.enable();
    assert.equal(enabled.status, 0, enabled.output);
    const run = await preview(mixed);
    assert.equal(run.passed, false);
    assert.match(run.output, /❌ ecs-image-guard@v0\.1\.0\n/);
    assert.match(run.output, /\[mandatory\].*mixed-layer-compression/);
    const modules = join(
      organization.folder,
      "home/policies/acme/pulumi-analyzer-ecs-image-guard-v0.1.0/node_modules",
    );
    assert.deepEqual(
      readdirSync(modules).filter((name) => !name.startsWith(".")),
      ["@pulumi"],
    );
    assert.deepEqual(readdirSync(join(modules, "@pulumi")), ["pulumi"]);
    for (const { args } of organization.installs()) assert.ok(args.includes("--production"));
  });

  it("blocks an update before the resource is created, and lets a good image through", async () => {
    const blocked = await mixed.up({ packs: [] });
    assert.equal(blocked.passed, false);
    assert.match(blocked.output, /mixed-layer-compression/);
    assert.ok(!mixed.created().includes("mixed"));
    for (const run of [await preview(good), await good.up({ packs: [] })]) {
      assert.equal(run.passed, true, run.output);
      assert.deepEqual(run.violations, []);
      assert.match(run.output, /✅ ecs-image-guard@v0\.1\.0/);
    }
    assert.deepEqual(good.created(), ["good"]);
  });

  it("takes the configuration of the policy group: fail closed", async () => {
    const before = await preview(missing);
    assert.equal(before.passed, true, before.output);
    assert.match(before.output, /\[advisory\].*missing-image/);
    await organization.enable({ "unverified-image": { enforcementLevel: "mandatory" } });
    const run = await preview(missing);
    assert.equal(run.passed, false);
    assert.match(run.output, /\[mandatory\].*unverified-image/);
  });

  it("takes the configuration of the policy group: an exempt image, with its reason", async () => {
    const exclude = [{ image: `${registry.host}/app:mixed`, reason: "runs on containerd 2 only" }];
    await organization.enable({ "mixed-layer-compression": { exclude } });
    const run = await preview(mixed);
    assert.equal(run.passed, true, run.output);
    assert.match(run.output, /runs on containerd 2 only/);
  });

  it("does not report what a disabled policy would", async () => {
    await organization.enable({ "mixed-layer-compression": { enforcementLevel: "disabled" } });
    const run = await preview(mixed);
    assert.equal(run.passed, true, run.output);
    assert.deepEqual(run.violations, []);
  });

  it("refuses an invalid configuration in words", async () => {
    await organization.enable({ "mixed-layer-compression": { timeBudgetSeconds: "long" } });
    const run = await preview(good);
    assert.equal(run.passed, false);
    assert.match(run.output, /mixed-layer-compression: timeBudgetSeconds: .*Expected: number, given: string/);
    await organization.enable({ "mixed-layer-compression": { timeBudgetSecond: 10 } });
    const misspelt = await preview(good);
    assert.equal(misspelt.passed, false);
    assert.match(misspelt.output, /Did you mean `timeBudgetSeconds`\?/);
  });

  it("is replaced by a new version when that is enabled, and not before", async () => {
    setVersion(checkout, "0.1.1");
    const published = await organization.run("npm", ["run", "publish:pulumi", "--", "acme"], checkout);
    assert.equal(published.status, 0, published.output);
    await organization.enable({}, "0.1.0");
    assert.match((await preview(mixed)).output, /ecs-image-guard@v0\.1\.0/);
    await organization.enable();
    const run = await preview(mixed);
    assert.equal(run.passed, false);
    assert.match(run.output, /❌ ecs-image-guard@v0\.1\.1\n/);
    assert.doesNotMatch(run.output, /v0\.1\.0/);
  });

  it("no longer runs once it is disabled", async () => {
    const disabled = await organization.policy(["disable", pack]);
    assert.equal(disabled.status, 0, disabled.output);
    const run = await preview(mixed);
    assert.equal(run.passed, true, run.output);
    assert.doesNotMatch(run.output, /ecs-image-guard@/);
  });

  it("sends only requests to Pulumi Cloud that the stand-in supports", () => {
    assert.deepEqual(organization.cloud.unknown, []);
  });
});
