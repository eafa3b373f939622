import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { output, runtime } from "@pulumi/pulumi";
import { AnyResource, engineFor, EngineStack } from "../../support/engine/engine";
import { buildImage, pushImage } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

const good = buildImage({ layers: ["gzip"], family: "docker" });
const mixed = buildImage({ layers: ["gzip", "zstd"], family: "docker" });

describe("with the real Pulumi engine, an update after its preview", function () {
  this.timeout(120_000);
  let registry: TestRegistry | undefined;
  let stack: EngineStack | undefined;
  const names = Array.from({ length: 6 }, (_, n) => `app${n}`);

  before(async function () {
    const engine = await engineFor(this);
    const { host } = (registry = await TestRegistry.start());
    for (const name of names) pushImage(registry, name, "1", good);
    stack = await EngineStack.create(engine, () => {
      for (const name of names) {
        const containerDefinitions = JSON.stringify([{ name: "app", image: `${host}/${name}:1` }]);
        new AnyResource("aws:ecs/taskDefinition:TaskDefinition", name, { containerDefinitions });
      }
    });
  });
  after(async () => {
    stack?.remove();
    await registry?.stop();
  });

  it("sends a HEAD for all images before the first resource is created, fetches none, and reports the cost", async () => {
    assert.ok(registry !== undefined && stack !== undefined);
    const preview = await stack.preview();
    assert.equal(preview.passed, true, preview.output);
    assert.match(preview.output, /ecs-image-guard: 6 images, 12 requests, 0 cache hits, waited \d+\.\d s/);
    registry.log.length = 0;
    let before: number | undefined;
    const update = await stack.up({
      onOutput: () => {
        if (stack?.created().includes("app0")) before ??= registry?.log.length;
      },
    });
    assert.equal(update.passed, true, update.output);
    assert.ok(
      before !== undefined && before >= names.length,
      `${before} requests before the first was created`,
    );
    assert.deepEqual([...new Set(registry.log.map(({ method }) => method))], ["HEAD"]);
    assert.match(update.output, /ecs-image-guard: 6 images, \d+ requests, \d+ cache hits/);
  });

  it("sends one HEAD for each image in the next preview", async () => {
    assert.ok(registry !== undefined && stack !== undefined);
    registry.log.length = 0;
    const preview = await stack.preview();
    assert.equal(preview.passed, true, preview.output);
    assert.deepEqual(
      registry.log.map(({ method, url }) => `${method} ${url.split("/")[2]}`).sort(),
      names.map((name) => `HEAD ${name}`),
    );
    assert.match(preview.output, /ecs-image-guard: 6 images, 6 requests, \d+ cache hits/);
  });

  it("waits for none in the next preview that its program uses no more, and looks up four of them at most", async () => {
    assert.ok(registry !== undefined && stack !== undefined);
    const used = names.splice(1);
    registry.onRequest = ({ url = "" }) => !url.includes("app0");
    registry.log.length = 0;
    const preview = await stack.preview();
    names.push(...used);
    registry.onRequest = undefined;
    assert.equal(preview.passed, true, preview.output);
    assert.match(preview.output, /ecs-image-guard: 1 image, /);
    const unanswered = registry.log.filter(({ status }) => status === undefined);
    assert.ok(unanswered.length <= 4, `${unanswered.length} requests`);
  });

  it("judges a tag that was pushed again in between as it is then", async () => {
    assert.ok(registry !== undefined && stack !== undefined);
    assert.equal((await stack.preview()).passed, true);
    pushImage(registry, "app3", "1", mixed);
    const update = await stack.up();
    assert.equal(update.passed, false);
    assert.match(update.output, /mixed-layer-compression[^]*app3:1/);
  });
});

describe("with the real Pulumi engine, an update of a program that is slow and pushes an image", function () {
  this.timeout(120_000);
  let registry: TestRegistry | undefined;
  let stack: EngineStack | undefined;
  const names = Array.from({ length: 6 }, (_, n) => `app${n}`);

  before(async function () {
    const engine = await engineFor(this);
    const { host } = (registry = await TestRegistry.start());
    for (const name of [...names, "built"]) pushImage(registry, name, "1", good);
    const task = (name: string, repository: string, more: object = {}) => {
      const containerDefinitions = JSON.stringify([{ name: "app", image: `${host}/${repository}:1` }]);
      const family = output(runtime.isDryRun() ? name : pause(400 * names.indexOf(name), name));
      return new AnyResource(
        "aws:ecs/taskDefinition:TaskDefinition",
        name,
        { family, containerDefinitions },
        more,
      );
    };
    stack = await EngineStack.create(engine, () => {
      const before = [...names.map((name) => task(name, name)), task("before", "built")];
      const args = { tags: [`${host}/built:1`], push: true, dockerfile: { inline: "FROM scratch" } };
      const build = new AnyResource("docker-build:index:Image", "build", args, { dependsOn: before });
      const push = build.id.apply(() => {
        if (!runtime.isDryRun() && registry !== undefined) pushImage(registry, "built", "1", mixed);
        return "pushed";
      });
      const topic = new AnyResource("aws:sns/topic:Topic", "pushed", { name: push });
      task("after", "built", { dependsOn: [topic] });
    });
    assert.equal((await stack.preview()).passed, true);
  });
  after(async () => {
    stack?.remove();
    await registry?.stop();
  });

  it("queries a tag once, however late, and again only after its push", async () => {
    assert.ok(registry !== undefined && stack !== undefined);
    registry.log.length = 0;
    const update = await stack.up();
    assert.equal(update.passed, false);
    assert.match(update.output, /mixed-layer-compression[^]*built:1/);
    const heads = registry.log.filter(({ method }) => method === "HEAD").map(({ url }) => url.split("/")[2]);
    assert.deepEqual(heads.sort(), [...names, "built", "built"].sort());
  });
});
