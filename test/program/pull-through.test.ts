import assert from "node:assert/strict";
import { pullThroughRuleOf, type PullThroughRule, upstreamOf } from "../../policypack/program/pull-through";
import { dummyKeys, exception, FakeEcr, useAwsEnvironment } from "../../support/aws/fake-ecr";
import { analyze, type Registered, taskDefinition, type Violation } from "../../support/engine/fake-engine";
import { previewed, UNKNOWN } from "../../support/pulumi/previewed";
import { buildImage, pushImage } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

const classic = "aws:ecr/pullThroughCacheRule:PullThroughCacheRule";
const ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
const digest = `sha256:${"0".repeat(64)}`;

describe("a pull through cache rule", () => {
  const rule = (props: object, type = classic) => pullThroughRuleOf(type, previewed({ ...props }));
  const hub = { ecrRepositoryPrefix: "hub", upstreamRegistryUrl: "registry-1.docker.io" };
  const rules = [
    hub,
    { ecrRepositoryPrefix: "hub/quay", upstreamRegistryUrl: "quay.io" },
    { ecrRepositoryPrefix: "mine", upstreamRegistryUrl: "ghcr.io", upstreamRepositoryPrefix: "org/team" },
    { ecrRepositoryPrefix: "whole", upstreamRegistryUrl: "quay.io", upstreamRepositoryPrefix: "ROOT" },
  ].map((props) => rule(props)!);
  const root: readonly PullThroughRule[] = [rule({ ...hub, ecrRepositoryPrefix: "ROOT" })!];

  const cases: [image: string, upstream: string | undefined, of?: readonly PullThroughRule[]][] = [
    [`${ecr}/hub/library/nginx:1.27`, "docker.io/library/nginx:1.27"],
    [`${ecr}/hub/team/app`, "docker.io/team/app:latest"],
    [`${ecr}/hub/team/app@${digest}`, `docker.io/team/app@${digest}`],
    [`${ecr}/hub/quay/app:1`, "quay.io/app:1"],
    [`${ecr}/mine/app:1`, "ghcr.io/org/team/app:1"],
    [`${ecr}/whole/team/app:1`, "quay.io/team/app:1"],
    [`${ecr}/hubble/app:1`, undefined],
    [`${ecr}/app:1`, undefined],
    [`${ecr}/library/nginx:1`, "docker.io/library/nginx:1", root],
    ["quay.io/hub/app:1", undefined],
    ["Not A Name", undefined],
  ];
  for (const [image, upstream, of = rules] of cases)
    it(`takes ${image} from ${upstream ?? "nowhere"}`, () => {
      assert.equal(upstreamOf(image, of), upstream);
    });

  it("is read of aws-native too, and not as long as a part is unknown", () => {
    assert.deepEqual(rule(hub, "aws-native:ecr:PullThroughCacheRule"), rule(hub));
    assert.equal(rule({ ...hub, ecrRepositoryPrefix: UNKNOWN.string }), undefined);
    assert.equal(rule({ ecrRepositoryPrefix: "hub" }), undefined);
    assert.equal(rule(hub, "aws:ecr/repository:Repository"), undefined);
  });
});

describe("an image that a pull through cache does not have yet", () => {
  const aws = new FakeEcr();
  let registry: TestRegistry;
  before(async () => {
    await aws.start();
    registry = await TestRegistry.start();
    pushImage(registry, "team/good", "1", buildImage({ layers: ["gzip"], family: "docker" }));
    pushImage(registry, "team/mixed", "1", buildImage({ layers: ["gzip", "zstd"], family: "docker" }));
    aws.handle = (_, response) => {
      exception(response, 400, "RepositoryNotFoundException", "no such repository");
    };
  });
  useAwsEnvironment(() => ({ ...dummyKeys, AWS_ENDPOINT_URL_ECR: aws.url, AWS_MAX_ATTEMPTS: "1" }));
  after(() => Promise.all([aws.stop(), registry.stop()]));

  const judged = async (name: string, ruled = true, mode: "preview" | "update" = "preview") => {
    const rule: Registered = {
      type: classic,
      name: "cache",
      props: { ecrRepositoryPrefix: "cache", upstreamRegistryUrl: registry.host },
    };
    const role = { executionRoleArn: "arn:aws:iam::123456789012:role/exec" };
    const web = taskDefinition("web", { app: `${ecr}/cache/team/${name}:1` }, role);
    return analyze(mode, ruled ? [rule, web] : [web]);
  };
  const short = ({ policy, level }: Violation) => `${policy} ${level}`;

  for (const mode of ["preview", "update"] as const) {
    it(`is judged by its upstream, with a remark, in ${mode === "preview" ? "a preview" : "an update"}`, async () => {
      const [remark, ...more] = await judged("good", true, mode);
      assert.deepEqual([short(remark!), more], ["missing-image advisory", []], remark!.message);
      assert.match(remark!.message, /does not have this image yet/);
      assert.match(remark!.message, /checked +127\.0\.0\.1:\d+\/team\/good:1/);
    });

    it(`is blocked if its upstream mixes, in ${mode === "preview" ? "a preview" : "an update"}`, async () => {
      const found = (await judged("mixed", true, mode)).map(short);
      assert.deepEqual(found, ["mixed-layer-compression mandatory", "missing-image advisory"]);
    });
  }

  it("is missing if its upstream does not have it either, or if there is no rule", async () => {
    for (const found of [await judged("gone"), await judged("good", false)])
      assert.deepEqual(found.map(short), ["missing-image advisory", "unverified-image advisory"]);
  });
});
