import assert from "node:assert/strict";
import {
  analyze,
  type Registered,
  taskDefinition,
  urnOf,
  type Violation,
} from "../../support/engine/fake-engine";
import {
  dummyKeys,
  exception,
  FakeEcr,
  json,
  type Seen,
  useAwsEnvironment,
} from "../../support/aws/fake-ecr";
import { buildImage, pushImage } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";
import { UNKNOWN } from "../../support/pulumi/previewed";
import { policiesOf } from "../../policypack/run/ecs-image-policies";
import { Session } from "../../policypack/run/session";
import { ManualClock } from "../../support/mocha/manual-clock";
import { eventually } from "../../support/mocha/eventually";

const arn = (name: string, account = "123456789012") =>
  `arn:aws:ecs:eu-west-1:${account}:task-definition/${name}`;
const service = (name: string, named: string, more: Partial<Registered> = {}): Registered => ({
  type: "aws:ecs/service:Service",
  name,
  props: { taskDefinition: named },
  ...more,
});

/** Each kind of resource that names a task definition, with the name in place. */
const kinds: Record<string, (name: string) => object> = {
  "aws:ecs/service:Service": (taskDefinition) => ({ taskDefinition }),
  "aws:ecs/taskSet:TaskSet": (taskDefinition) => ({ taskDefinition }),
  "aws:cloudwatch/eventTarget:EventTarget": (taskDefinitionArn) => ({ ecsTarget: { taskDefinitionArn } }),
  "aws:scheduler/schedule:Schedule": (taskDefinitionArn) => ({
    target: { ecsParameters: { taskDefinitionArn } },
  }),
  "aws:pipes/pipe:Pipe": (taskDefinitionArn) => ({
    targetParameters: { ecsTaskParameters: { taskDefinitionArn } },
  }),
  "aws-native:ecs:Service": (taskDefinition) => ({ taskDefinition }),
  "aws-native:ecs:TaskSet": (taskDefinition) => ({ taskDefinition }),
  "aws-native:ecs:ExpressGatewayService": (taskDefinitionArn) => ({ taskDefinitionArn }),
  "aws-native:events:Rule": (taskDefinitionArn) => ({
    targets: [{ arn: "other" }, { ecsParameters: { taskDefinitionArn } }],
  }),
  "aws-native:scheduler:Schedule": (taskDefinitionArn) => ({
    target: { ecsParameters: { taskDefinitionArn } },
  }),
  "aws-native:pipes:Pipe": (taskDefinitionArn) => ({
    targetParameters: { ecsTaskParameters: { taskDefinitionArn } },
  }),
};

describe("a task definition that a resource only names", () => {
  const ecs = new FakeEcr();
  let registry: TestRegistry;
  /** What ECS has: name → container image and more. */
  const known = new Map<string, object>();

  before(async () => {
    await ecs.start();
    registry = await TestRegistry.start();
    pushImage(registry, "app", "mixed", buildImage({ layers: ["gzip", "zstd"], family: "docker" }));
    pushImage(registry, "app", "good", buildImage({ layers: ["gzip"], family: "docker" }));
  });
  useAwsEnvironment(() => ({ ...dummyKeys, AWS_ENDPOINT_URL_ECS: ecs.url, AWS_MAX_ATTEMPTS: "1" }));
  beforeEach(() => {
    ecs.seen.length = 0;
    known.clear();
    const definition = (tag: string, more: object = {}) => ({
      family: "web",
      revision: 7,
      containerDefinitions: [{ name: "app", image: `${registry.host}/app:${tag}` }],
      requiresCompatibilities: ["FARGATE"],
      ...more,
    });
    for (const name of ["web", "web:7", arn("web:7"), arn("web")]) known.set(name, definition("mixed"));
    known.set("good", definition("good", { family: "good", revision: 1 }));
    known.set("arm", definition("good", { runtimePlatform: { cpuArchitecture: "ARM64" } }));
    ecs.handle = (seen, response) => {
      const found = known.get(String(seen.body["taskDefinition"]));
      if (found === undefined)
        exception(response, 400, "ClientException", "Unable to describe task definition.");
      else json(response, { taskDefinition: found });
    };
  });
  after(() => Promise.all([ecs.stop(), registry.stop()]));

  const told = (violations: readonly Violation[]) =>
    violations.map(({ policy, level, message }) => `${policy} ${level}: ${message.replace(/\s+/g, " ")}`);
  const asked = () => ecs.seen.map(({ body }) => body["taskDefinition"]);

  for (const [type, props] of Object.entries(kinds))
    for (const mode of ["preview", "update"] as const)
      it(`is inspected in the ${mode} of a ${type}, and its revision named`, async () => {
        const found = told(await analyze(mode, [{ type, name: "user", props: { ...props(arn("web")) } }]));
        assert.match(
          found.join("\n"),
          /^mixed-layer-compression mandatory: .*used by `user`, task definition `web:7`: `app`/,
        );
        assert.equal(found.length, 1);
        assert.deepEqual(asked(), [arn("web")]);
      });

  it("is read for the platform that it names", async () => {
    const found = told(await analyze("preview", [service("svc", "arm")]));
    assert.match(found.join("\n"), /^platform-mismatch .*linux\/arm64/);
  });

  it("is read once for all resources and policies of a run, others side by side", async () => {
    const names = Array.from({ length: 8 }, (_, i) => `side-${i}`);
    for (const name of names) known.set(name, known.get("good")!);
    const held: (() => void)[] = [];
    const answer = ecs.handle;
    ecs.handle = (seen, response) => {
      held.push(() => {
        answer(seen, response);
      });
    };
    const run = analyze(
      "preview",
      [...names, ...names].map((name, i) => service(`svc-${i}`, name)),
    );
    await eventually(() => held.length === names.length);
    for (const release of held) release();
    assert.deepEqual(told(await run), []);
    assert.deepEqual(asked().sort(), names);
  });

  it("is read with the provider's identity and region, or in the region of the ARN", async () => {
    known.set(arn("web:7").replace("eu-west-1", "us-west-2"), known.get("good")!);
    const keys = { accessKey: "AKIAPROVIDER", secretKey: "s" };
    await analyze("preview", [
      service("a", "good", { provider: { ...keys, region: "sa-east-1" } }),
      service("b", arn("web:7").replace("eu-west-1", "us-west-2"), {
        provider: { ...keys, region: "sa-east-1" },
      }),
      service("c", "good"),
      { ...service("d", "good"), props: { taskDefinition: "good", region: "eu-north-1" } },
    ]);
    const scopes = ecs.seen.map(scopeOf).sort();
    assert.deepEqual(scopes, [
      "AKIAIOSFODNN7EXAMPLE ap-south-2 ecs",
      "AKIAIOSFODNN7EXAMPLE eu-north-1 ecs",
      "AKIAPROVIDER sa-east-1 ecs",
      "AKIAPROVIDER us-west-2 ecs",
    ]);
  });

  const silent: Record<string, () => readonly Registered[]> = {
    "no resource names one": () => [taskDefinition("web", { app: `${registry.host}/app:good` })],
    "the name is not known yet": () => [service("svc", UNKNOWN.string)],
    "there is no name": () => [{ ...service("svc", ""), props: {} }, service("empty", "")],
    "a run leaves the resource out": () => [{ ...service("svc", ""), props: {} }],
    "the program ignores its changes": () => [service("svc", "web:7", { ignoreChanges: ["taskDefinition"] })],
    "it is not the name of one": () => [
      service("svc", "${web}"),
      service("b", "arn:aws:ecs:x"),
      service("c", "a b"),
    ],
    "the program registers it under that family": () => [service("svc", "web"), own()],
    "the value comes from the program's own": () => [
      own(),
      service("svc", arn("other:1"), { propertyDependencies: { taskDefinition: [urnOf(own())] } }),
    ],
    "the value is that of the program's own, and dependencies are not told": () => [
      own(),
      service("svc", arn("web:7")),
    ],
  };
  const own = (): Registered => {
    const one = taskDefinition("web", { app: `${registry.host}/app:good` });
    return { ...one, outputs: { ...one.props, arn: arn("web:7") } };
  };
  for (const [why, program] of Object.entries(silent))
    it(`costs no call of AWS in a preview if ${why}`, async () => {
      assert.deepEqual(told(await analyze("preview", program())), []);
      assert.deepEqual(ecs.seen, []);
    });

  it("costs no call of AWS in an update whose program registers it", async () => {
    assert.deepEqual(told(await analyze("update", [own(), service("svc", arn("web:7"))])), []);
    assert.deepEqual(ecs.seen, []);
  });

  it("is inspected if it is another revision than the program's own", async () => {
    known.set("web:3", known.get("web")!);
    const found = told(await analyze("preview", [own(), service("svc", "web:3")]));
    assert.match(found.join("\n"), /^mixed-layer-compression/);
  });

  it("costs no call of AWS if its resource is exempt", async () => {
    const config = { "mixed-layer-compression": { exclude: [{ resource: "svc", reason: "legacy" }] } };
    const found = told(await analyze("preview", [service("svc", "web:7")], config));
    assert.match(found.join("\n"), /^\S+ advisory: .*Not checked: `svc`, at taskDefinition is excluded/);
    assert.equal(found.length, 1);
    assert.deepEqual(ecs.seen, []);
  });

  it("that ECS does not have is reported", async () => {
    const found = told(
      await analyze("preview", [service("svc", arn("gone:1")), service("b", arn("gone:1"))]),
    );
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(
      found[0]!,
      /^unverified-image advisory: ECS has no such task definition.*gone:1` used by `svc`, `b` problem missing: ECS: ClientException: Unable to describe/,
    );
  });

  for (const mode of ["preview", "update"] as const)
    it(`that may not be read is reported once for the whole ${mode}`, async () => {
      ecs.handle = (seen, response) => {
        const message = `User: arn:aws:iam::1:user/ci is not authorized on ${String(seen.body["taskDefinition"])}`;
        exception(response, 400, "AccessDeniedException", message);
      };
      const services = Array.from({ length: 12 }, (_, i) => service(`svc-${i}`, `web-${i}`));
      const found = told(await analyze(mode, services));
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(
        found[0]!,
        /^unverified-image advisory: .*could not be read.*denied: ECS refuses the AWS identity/,
      );
      assert.match(found[0]!, /allow ecs:DescribeTaskDefinition/);
    });

  let clock: ManualClock;
  beforeEach(() => {
    clock = new ManualClock();
  });
  const policies = () => policiesOf(new Session("mixed-layer-compression", {}, clock));

  const faults: Record<string, [FakeEcr["handle"], RegExp]> = {
    "a server's failure": [
      (_, response) => {
        exception(response, 500, "ServerException", "later");
      },
      /unreachable: ECS: ServerException: later/,
    ],
    "an answer without a task definition": [
      (_, response) => {
        json(response, {});
      },
      /malformed: ECS answered without/,
    ],
    "an answer that is not JSON": [
      (_, response) => response.writeHead(200).end("<html>"),
      /malformed: ECS: its answer is not JSON/,
    ],
    "no answer in time": [() => void clock.pass(30_000), /timeout: /],
  };
  for (const [fault, [handle, words]] of Object.entries(faults))
    it(`is reported as unread after ${fault}`, async () => {
      ecs.handle = handle;
      const found = told(await analyze("preview", [service("svc", "web:7")], {}, policies()));
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0]!, /^unverified-image advisory: This task definition could not be read/);
      assert.match(found[0]!, words);
    });

  it("does not make a run wait for longer than its time budget", async () => {
    ecs.handle = () => undefined;
    const config = { "mixed-layer-compression": { timeBudgetSeconds: 7, imageTimeoutSeconds: 600 } };
    const run = analyze("preview", [service("svc", "web:7")], config, policies());
    await eventually(() => clock.waits.includes(7_000), "the budget");
    await clock.pass(7_000);
    assert.match(told(await run).join("\n"), /timeout: the time budget of 7 s/);
  });
});

/** Key, region and service that a request was signed for (AWS Signature Version 4). */
function scopeOf({ headers }: Seen): string {
  const [, key = "", region = "", name = ""] =
    /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\//.exec(String(headers.authorization)) ?? [];
  return `${key} ${region} ${name}`;
}
