import assert from "node:assert/strict";
import type { PolicyEvent } from "@pulumi/pulumi/automation";
import { definitions } from "../../policypack/policies";
import { dummyKeys, exception, FakeEcr, json as answer } from "../../support/aws/fake-ecr";
import { type Declared, declare, json, ref, renamed } from "../../support/engine/declared";
import { attach, hubImage, role, task, trust } from "../../support/engine/fragments";
import { engineStacks } from "../../support/engine/stacks";
import { buildImage, pushImage, pushSized } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";
import { goodNetworks } from "../policies/programs/good-networks";
import { any, closedNet, group, ip, publicNet, service, sg } from "../policies/programs/networks";
import { brokenOddRoles } from "../policies/programs/odd-roles";

const found = (violations: readonly PolicyEvent[]) =>
  violations
    .map(
      ({ policyName, enforcementLevel, resourceUrn = "" }) =>
        `${policyName} ${enforcementLevel} ${resourceUrn.split("::").at(-1) ?? ""}`,
    )
    .sort();

const untrusted: readonly Declared[] = [
  role("bad", { assumeRolePolicy: json(trust("ec2.amazonaws.com")) }),
  task("web", hubImage, { executionRoleArn: ref("bad", "arn") }),
];
const hub = [role("exec"), attach("exec-policy", ref("exec", "name")), task("task", hubImage)];

describe("with the real Pulumi engine, a program's roles and network", function () {
  this.timeout(300_000);
  const engineStack = engineStacks();
  /** No image is looked up: only what the program says is judged. */
  const configs = [
    Object.fromEntries(definitions.map(({ name }) => [name, { enforcementLevel: "disabled" }])),
  ];

  /** The rule that one broken link concerns. */
  const broken: Record<string, readonly [program: readonly Declared[], policy: string]> = {
    "public-subnet": [[...hub, ...publicNet, sg, service()], "task-network"],
    "no-route": [[...hub, ...closedNet, sg, service()], "task-network"],
    "no-egress": [[...hub, ...publicNet, group(), service(ip)], "task-network"],
    untrusted: [untrusted, "execution-role"],
    express: [brokenOddRoles["no permission for an Express service"]![0], "execution-role"],
    either: [
      brokenOddRoles["no permission for a task of either launch type that a service runs on Fargate"]![0],
      "execution-role",
    ],
    native: [brokenOddRoles["a policy for logs that are not known yet, of aws-native"]![0], "execution-role"],
  };

  it("are reported in a preview, each broken link by its rule", async () => {
    const stack = await engineStack(() => {
      declare(Object.entries(broken).flatMap(([name, [program]]) => renamed(program, `${name}-`)));
    });
    const run = await stack.preview({ configs });
    const expected = Object.entries(broken).map(([name, [, policy]]) => `${policy} mandatory ${name}-web`);
    assert.deepEqual(found(run.violations), expected.sort(), run.output);
  });

  it("are silent in the preview, the update and the second preview of a good program", async () => {
    const program = goodNetworks["a route through a NAT gateway"]!;
    const stack = await engineStack(() => {
      declare(program);
    });
    for (const run of [
      await stack.preview({ configs }),
      await stack.up({ configs }),
      await stack.preview({ configs }),
    ]) {
      assert.equal(run.passed, true, run.output);
      assert.deepEqual(found(run.violations), []);
    }
  });
});

describe("with the real Pulumi engine, a program's images, secrets and caches", function () {
  this.timeout(300_000);
  const account = "123456789012";
  const aws = new FakeEcr();
  let registry: TestRegistry;
  const environment: Record<string, string> = {};
  const engineStack = engineStacks({ environment });

  before(async () => {
    await aws.start();
    registry = await TestRegistry.start();
    pushSized(registry, "app", "large", 21 * 1024 ** 3);
    pushImage(registry, "app", "good", buildImage({ layers: ["gzip"], family: "docker" }));
    pushImage(registry, "app", "mixed", buildImage({ layers: ["gzip", "zstd"], family: "docker" }));
    Object.assign(environment, dummyKeys, {
      AWS_ACCOUNT_ID: account,
      AWS_REGION: "eu-west-1",
      AWS_ENDPOINT_URL: aws.url,
      AWS_MAX_ATTEMPTS: "1",
    });
    aws.handle = ({ what }, response) => {
      if (what === "DescribeTaskDefinition")
        answer(response, {
          taskDefinition: { containerDefinitions: [{ name: "app", image: `${registry.host}/app:mixed` }] },
        });
      else if (what === "GetSecretValue") exception(response, 400, "ResourceNotFoundException", "none");
      else exception(response, 400, "RepositoryNotFoundException", "none");
    };
  });
  after(() => Promise.all([aws.stop(), registry.stop()]));

  it("are reported in a preview, each broken link by its rule", async () => {
    const image = (tag: string) => `${registry.host}/app:${tag}`;
    const executionRoleArn = `arn:aws:iam::${account}:role/exec`;
    const given = (name: string, of: string, container: object = {}) =>
      task(name, of, { executionRoleArn }, container);
    const credentialsParameter = `arn:aws:secretsmanager:eu-west-1:${account}:secret:gone-AbCdEf`;
    const stack = await engineStack(() => {
      declare([
        given("good", image("good")),
        given("size", image("large")),
        any("aws:batch/jobDefinition:JobDefinition", "job-size", {
          type: "container",
          platformCapabilities: ["FARGATE"],
          containerProperties: JSON.stringify({ image: image("large"), executionRoleArn }),
        }),
        given("name", `${image("good")} `),
        given("login", image("good"), { repositoryCredentials: { credentialsParameter } }),
        any("aws:ecr/pullThroughCacheRule:PullThroughCacheRule", "cache", {
          ecrRepositoryPrefix: "cache",
          upstreamRegistryUrl: registry.host,
        }),
        given("cached", `${account}.dkr.ecr.eu-west-1.amazonaws.com/cache/app:good`),
        any("aws:ecs/service:Service", "named", { taskDefinition: "legacy:7" }),
      ]);
    });
    const run = await stack.preview();
    assert.deepEqual(
      found(run.violations),
      [
        "image-name mandatory name",
        "image-size mandatory job-size",
        "image-size mandatory size",
        "missing-image advisory cached",
        "mixed-layer-compression mandatory named",
        "registry-login mandatory login",
      ],
      run.output,
    );
  });
});
