import assert from "node:assert/strict";
import { ociIndex, ociManifest } from "../../policypack/oci/media-types";
import {
  dummyKeys,
  exception,
  FakeEcr,
  type Handler,
  idsOf,
  json,
  sha256,
  useAwsEnvironment,
} from "../../support/aws/fake-ecr";
import { registered } from "../../support/engine/declared";
import { analyze, type Registered, taskDefinition, type Violation } from "../../support/engine/fake-engine";
import { task } from "../../support/engine/fragments";
import { buildImage, pushImage } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";
import { cache, exec, good } from "../policies/programs/roles";

const classic = "aws:ecr/pullThroughCacheRule:PullThroughCacheRule";
const ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

describe("an image that a pull through cache does not have yet", () => {
  const aws = new FakeEcr();
  let registry: TestRegistry;
  before(async () => {
    await aws.start();
    registry = await TestRegistry.start();
    pushImage(registry, "team/good", "1", buildImage({ layers: ["gzip"], family: "docker" }));
    pushImage(registry, "team/mixed", "1", buildImage({ layers: ["gzip", "zstd"], family: "docker" }));
  });
  beforeEach(() => {
    aws.seen.length = 0;
    aws.handle = answering(noRules);
  });
  useAwsEnvironment(() => ({ ...dummyKeys, AWS_ENDPOINT_URL_ECR: aws.url, AWS_MAX_ATTEMPTS: "1" }));
  after(() => Promise.all([aws.stop(), registry.stop()]));

  const noRules: Handler = (_, response) => {
    json(response, { pullThroughCacheRules: [] });
  };
  const listing = (prefix = "cache", more = {}): Handler => {
    return (_, response) => {
      const rule = { ecrRepositoryPrefix: prefix, upstreamRegistryUrl: registry.host };
      json(response, { pullThroughCacheRules: [rule], ...more });
    };
  };
  /** ECR with every image. */
  const holding = (): Handler => {
    const image = buildImage({ layers: ["gzip"], family: "docker" });
    const imageManifest = Buffer.from(image.manifest).toString("utf8");
    return (seen, response) => {
      if (seen.what === "BatchGetImage")
        json(response, {
          images: [{ imageId: { imageTag: "1", imageDigest: image.digest }, imageManifest }],
        });
      else if (seen.what === "GetDownloadUrlForLayer") json(response, { downloadUrl: `${aws.url}/config` });
      else response.end(image.config.bytes);
    };
  };
  /** ECR without an image, unless `images` gives one. */
  const answering =
    (rules: Handler, images: Handler = noRepository): Handler =>
    (seen, response) => {
      (seen.what === "DescribePullThroughCacheRules" ? rules : images)(seen, response);
    };
  const callsForRules = () => aws.seen.filter(({ what }) => what === "DescribePullThroughCacheRules").length;

  const judged = async (
    name: string,
    ruled = true,
    mode: "preview" | "update" = "preview",
    provider?: object,
  ) => {
    const rule: Registered = {
      type: classic,
      name: "cache",
      props: { ecrRepositoryPrefix: "cache", upstreamRegistryUrl: registry.host },
      ...(provider && { provider: { ...provider } }),
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
      assert.deepEqual(found.map(short), ["missing-image advisory"]);
  });

  it("costs no call for the rules of the registry if the program has the rule", async () => {
    await judged("good");
    assert.equal(callsForRules(), 0);
  });

  it("is missing if it is an official image of Docker Hub, named without library/", async () => {
    const rule = { ecrRepositoryPrefix: "hub", upstreamRegistryUrl: "registry-1.docker.io" };
    const web = taskDefinition("web", { app: `${ecr}/hub/nginx:1` });
    const [found, ...more] = await analyze("preview", [{ type: classic, name: "cache", props: rule }, web]);
    assert.deepEqual([short(found!), more], ["missing-image advisory", []]);
    assert.match(found!.message, /^Not found\.[^]*\nfix +write \S+\/hub\/library\/nginx:1$/m);
  });

  it("is missing if the rule of the program is in another region", async () => {
    const found = await judged("good", true, "preview", { region: "eu-west-2" });
    assert.deepEqual(found.map(short), ["missing-image advisory"]);
  });

  describe("for a rule that is in the account already", () => {
    for (const mode of ["preview", "update"] as const)
      it(`is judged by its upstream, with a remark, in ${mode === "preview" ? "a preview" : "an update"}`, async () => {
        aws.handle = answering(listing());
        const found = [...(await judged("good", false, mode)), ...(await judged("mixed", false, mode))];
        assert.deepEqual(found.map(short), [
          "missing-image advisory",
          "mixed-layer-compression mandatory",
          "missing-image advisory",
        ]);
        assert.match(found[0]!.message, /checked +127\.0\.0\.1:\d+\/team\/good:1/);
      });

    const denied: Handler = (_, response) => {
      exception(response, 400, "AccessDeniedException", "not authorized to perform this");
    };
    const broken: Handler = (_, response) => {
      json(response, {}, 500);
    };
    const rows: [what: string, rules: () => Handler, words: RegExp | undefined][] = [
      ["no rule holds for it", () => listing("other"), undefined],
      ["the rules may not be read", () => denied, /rules\s+could\s+not\s+be\s+read:[^]*AccessDenied/],
      ["ECR fails", () => broken, /rules\s+could\s+not\s+be\s+read/],
      ["not all rules are listed", () => listing("cache", { nextToken: "more" }), /more\s+of\s+them\s+than/],
    ];
    for (const [what, rules, words] of rows)
      it(`is missing if ${what}`, async () => {
        aws.handle = answering(rules());
        const [found, ...more] = await judged("good", false);
        assert.deepEqual([short(found!), more], ["missing-image advisory", []]);
        assert.match(found!.message, /^Not found\./);
        if (words === undefined) assert.doesNotMatch(found!.message, /could\s+not\s+be\s+read/);
        else assert.match(found!.message, words);
        assert.equal(callsForRules(), 1);
      });

    it("costs one call for many images of a registry, for all policies", async () => {
      aws.handle = answering(listing());
      const images = ["good", "mixed", "gone"].map((name) => `${ecr}/cache/team/${name}:1`);
      const tasks = images.map((image, i) => taskDefinition(`task${i}`, { app: image }));
      const settings = { "image-name": { sniffLayers: true } };
      await analyze("preview", tasks, settings);
      assert.equal(callsForRules(), 1);
    });

    it("costs no call if the program pushes the image", async () => {
      const image = `${ecr}/cache/team/good:1`;
      const build: Registered = {
        type: "docker-build:index:Image",
        name: "build",
        props: { tags: [image], push: true, dockerfile: { inline: "FROM scratch" } },
      };
      await analyze("preview", [build, taskDefinition("web", { app: image })]);
      assert.equal(callsForRules(), 0);
    });

    it("costs no call if nothing is missing there", async () => {
      aws.handle = answering(listing(), holding());
      const tasks = [`${ecr}/cache/team/good:1`, `${registry.host}/team/gone:1`];
      const found = await analyze(
        "preview",
        tasks.map((one, i) => taskDefinition(`task${i}`, { app: one })),
      );
      assert.deepEqual(found.map(short), ["missing-image advisory"]);
      assert.equal(callsForRules(), 0);
    });
  });

  describe("and whose execution role may not import it", () => {
    const image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1";
    const program = (...more: readonly Registered[]): readonly Registered[] => [
      ...registered(
        [{ ...cache, props: { ...cache.props, upstreamRegistryUrl: registry.host } }, exec, good],
        "first",
      ),
      ...more,
      ...registered([exec, task("web", image)], "first").slice(1),
    ];
    const remarks = async (resources: readonly Registered[]) =>
      (await analyze("preview", resources)).map(short).filter((one) => one.startsWith("execution-role"));

    it("is remarked on", async () => {
      assert.deepEqual(await remarks(program()), ["execution-role advisory"]);
    });

    it("is fine if the registry has it: it was imported before, or pushed", async () => {
      aws.handle = answering(noRules, holding());
      assert.deepEqual(await remarks(program()), []);
    });

    it("is fine if the program pushes it", async () => {
      const props = { tags: [image], push: true, dockerfile: { inline: "FROM scratch" } };
      assert.deepEqual(
        await remarks(program({ type: "docker-build:index:Image", name: "build", props })),
        [],
      );
    });
  });

  for (const ruled of [true, false])
    it(`is unverified if only a part of its index was imported, for a rule of ${ruled ? "the program" : "the account"}`, async () => {
      const platform = { os: "linux", architecture: "amd64" };
      const child = { mediaType: ociManifest, digest: sha256("child"), size: 5, platform };
      const index = JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests: [child] });
      aws.handle = answering(listing(), (seen, response) => {
        const [id = ""] = idsOf(seen);
        const imageId = { imageTag: id, imageDigest: sha256(index) };
        if (id === "1") json(response, { images: [{ imageId, imageManifest: index }] });
        else
          json(response, {
            failures: [{ imageId: { imageDigest: id }, failureCode: "ImageNotFound", failureReason: "none" }],
          });
      });
      const [found, ...more] = await judged("good", ruled);
      assert.deepEqual([short(found!), more], ["unverified-image advisory", []]);
      assert.match(found!.message, /not imported yet/);
      assert.match(found!.message, /pull the image once through the cache/);
    });
});

const noRepository: Handler = (_, response) => {
  exception(response, 400, "RepositoryNotFoundException", "no such repository");
};
