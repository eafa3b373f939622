import { ECSClient, RegisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import assert from "node:assert/strict";
import { AnyResource, engineFor, EngineStack } from "../../../support/engine/engine";
import { dummyKeys, useAwsEnvironment } from "../../../support/aws/fake-ecr";
import { type Moto, startMoto } from "../../../support/aws/moto";
import { buildImage, pushImage } from "../../../support/registry/images";
import { TestRegistry } from "../../../support/registry/registry";

const region = "eu-west-3";

/** The published pack in the real engine, with the ECS API of moto. */
describe("task definitions that another stack registered, as moto serves them", function () {
  this.timeout(120_000);
  let moto: Moto | undefined;
  let registry: TestRegistry | undefined;
  let stack: EngineStack | undefined;

  before(async function () {
    moto = await startMoto(this);
    registry = await TestRegistry.start();
    pushImage(registry, "app", "mixed", buildImage({ layers: ["gzip", "zstd"], family: "docker" }));
    pushImage(registry, "app", "good", buildImage({ layers: ["gzip"], family: "docker" }));
  });
  useAwsEnvironment(() => ({
    ...dummyKeys,
    AWS_REGION: region,
    AWS_ENDPOINT_URL_ECS: moto?.url ?? "",
    AWS_MAX_ATTEMPTS: "1",
  }));
  before(async function () {
    const engine = await engineFor(this);
    process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
    const ecs = new ECSClient({ region });
    for (const tag of ["mixed", "good"])
      await ecs.send(
        new RegisterTaskDefinitionCommand({
          family: "web",
          requiresCompatibilities: ["FARGATE"],
          networkMode: "awsvpc",
          cpu: "256",
          memory: "512",
          containerDefinitions: [{ name: "app", image: `${registry?.host ?? ""}/app:${tag}`, memory: 512 }],
        }),
      );
    ecs.destroy();
    stack = await EngineStack.create(engine, () => {
      const target = (taskDefinitionArn: string) => ({ ecsTarget: { taskDefinitionArn } });
      const arn = `arn:aws:ecs:${region}:123456789012:task-definition`;
      new AnyResource("aws:ecs/service:Service", "newest", { taskDefinition: "web" });
      new AnyResource("aws:ecs/service:Service", "pinned", { taskDefinition: "web:1" });
      new AnyResource("aws:cloudwatch/eventTarget:EventTarget", "nightly", target(`${arn}/web:1`));
      new AnyResource("aws:cloudwatch/eventTarget:EventTarget", "lost", target(`${arn}/gone:4`));
    });
  });
  after(async () => {
    stack?.remove();
    await moto?.stop();
    await registry?.stop();
  });

  it("are blocked in a preview and an update if they run a mixed image, and reported if they do not exist", async () => {
    const preview = await stack!.preview();
    assert.equal(preview.passed, false, preview.output);
    const found = preview.violations.map(({ policyName, enforcementLevel }) => [
      policyName,
      enforcementLevel,
    ]);
    assert.deepEqual(found.sort(), [
      ["mixed-layer-compression", "mandatory"],
      ["mixed-layer-compression", "mandatory"],
      ["unverified-image", "advisory"],
    ]);
    const words = preview.output.replace(/\s+/g, " ");
    assert.match(words, /used by `(pinned|nightly)`, task definition `web:1`: `app`, and 1 other resource/);
    assert.match(words, /ECS has no such task definition.*task-definition\/gone:4`.*used by `lost`/);
    const update = await stack!.up();
    assert.equal(update.passed, false, update.output);
    assert.match(update.output, /task definition `web:1`/);
    assert.deepEqual(
      stack!.created().filter((name) => name !== "newest" && name !== "lost"),
      [],
    );
  });
});
