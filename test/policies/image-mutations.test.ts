import assert from "node:assert/strict";
import {
  dummyKeys,
  exception,
  FakeEcr,
  type Handler,
  json,
  useAwsEnvironment,
} from "../../support/aws/fake-ecr";
import { analyze, type Registered } from "../../support/engine/fake-engine";
import { buildImage, pushImage, pushSized } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

const account = "123456789012";
const ecr = `${account}.dkr.ecr.eu-west-1.amazonaws.com`;
const secret = (name: string) => `arn:aws:secretsmanager:eu-west-1:${account}:secret:${name}-AbCdEf`;
const GiB = 1024 ** 3;

/** What a program of two tasks, a cache and a service has; each value is a link that can break. */
interface Links {
  readonly image: string;
  readonly login: string;
  readonly storageGiB: number | undefined;
  readonly cachePrefix: string;
  readonly cached: string;
  readonly named: string;
}

describe("a program with good images and one link broken", () => {
  const aws = new FakeEcr();
  let registry: TestRegistry;
  before(async () => {
    await aws.start();
    registry = await TestRegistry.start();
    pushSized(registry, "app", "large", 21 * GiB);
    pushImage(registry, "app", "good", buildImage({ layers: ["gzip"], family: "docker" }));
    pushImage(registry, "app", "mixed", buildImage({ layers: ["gzip", "zstd"], family: "docker" }));
  });
  useAwsEnvironment(() => ({
    ...dummyKeys,
    AWS_ACCOUNT_ID: account,
    AWS_ENDPOINT_URL: aws.url,
    AWS_MAX_ATTEMPTS: "1",
  }));
  after(() => Promise.all([aws.stop(), registry.stop()]));

  const answers: Record<string, Handler> = {
    GetSecretValue: ({ body }, response) => {
      const [name = ""] = /(?<=secret:)\w+/.exec(String(body["SecretId"])) ?? [];
      const secrets: Record<string, object> = {
        login: { username: "ecs", password: "x" },
        nobody: { password: "x" },
      };
      if (secrets[name] === undefined) exception(response, 400, "ResourceNotFoundException", "none");
      else json(response, { SecretString: JSON.stringify(secrets[name]) });
    },
    DescribeTaskDefinition: ({ body }, response) => {
      const name = String(body["taskDefinition"]);
      const [tag] = /(?<=^web-)\w+/.exec(name) ?? [];
      const containerDefinitions = [{ name: "app", image: `${registry.host}/app:${tag}` }];
      if (tag === undefined)
        exception(response, 400, "ClientException", "Unable to describe task definition.");
      else
        json(response, {
          taskDefinition: {
            family: name,
            revision: 7,
            containerDefinitions,
            requiresCompatibilities: ["FARGATE"],
          },
        });
    },
    BatchGetImage: (_, response) => {
      exception(response, 400, "RepositoryNotFoundException", "no such repository");
    },
    DescribePullThroughCacheRules: (_, response) => {
      json(response, { pullThroughCacheRules: [] });
    },
  };

  function program({ image, login, storageGiB, cachePrefix, cached, named }: Links): Registered[] {
    const task = (name: string, container: object, more: object = {}): Registered => ({
      name,
      props: {
        family: name,
        requiresCompatibilities: ["FARGATE"],
        executionRoleArn: `arn:aws:iam::${account}:role/exec`,
        containerDefinitions: JSON.stringify([{ name: "app", ...container }]),
        ...more,
      },
    });
    return [
      {
        type: "aws:ecr/pullThroughCacheRule:PullThroughCacheRule",
        name: "cache",
        props: { ecrRepositoryPrefix: cachePrefix, upstreamRegistryUrl: registry.host },
      },
      task(
        "web",
        { image, repositoryCredentials: { credentialsParameter: login } },
        storageGiB === undefined ? {} : { ephemeralStorage: { sizeInGib: storageGiB } },
      ),
      task("cached", { image: cached }),
      { type: "aws:ecs/service:Service", name: "named", props: { taskDefinition: named } },
    ];
  }

  const good = (): Links => ({
    image: `${registry.host}/app:large`,
    login: secret("login"),
    storageGiB: 100,
    cachePrefix: "cache",
    cached: `${ecr}/cache/app:good`,
    named: "web-good:7",
  });
  /** The remark that the cache has not imported its image yet. */
  const remark = "missing-image advisory cached";

  const judged = async (change: Partial<Links>) => {
    aws.handle = (seen, response) => {
      answers[seen.what]?.(seen, response);
    };
    const found = await analyze("preview", program({ ...good(), ...change }));
    return found.map(({ policy, level, urn }) => `${policy} ${level} ${urn.split("::").at(-1) ?? ""}`).sort();
  };

  const mutations: [link: string, change: () => Partial<Links>, found: string[]][] = [
    ["nothing", () => ({}), [remark]],
    [
      "a secret that does not exist",
      () => ({ login: secret("gone") }),
      ["registry-login mandatory web", remark],
    ],
    [
      "a secret without a user name",
      () => ({ login: secret("nobody") }),
      ["registry-login mandatory web", remark],
    ],
    [
      "a space in the name",
      () => ({ image: `${registry.host}/app: large` }),
      ["image-name mandatory web", remark],
    ],
    [
      "capitals in the name",
      () => ({ image: `${registry.host}/App:large` }),
      ["image-name mandatory web", remark],
    ],
    [
      "a URL for a name",
      () => ({ image: `https://${registry.host}/app:large` }),
      ["image-name mandatory web", remark],
    ],
    ["no storage of its own", () => ({ storageGiB: undefined }), ["image-size mandatory web", remark]],
    ["little storage", () => ({ storageGiB: 21 }), ["image-size advisory web", remark]],
    [
      "a mixed image",
      () => ({ image: `${registry.host}/app:mixed` }),
      ["mixed-layer-compression mandatory web", remark],
    ],
    [
      "a mixed image behind the cache",
      () => ({ cached: `${ecr}/cache/app:mixed` }),
      [remark, "mixed-layer-compression mandatory cached"],
    ],
    ["a cache of another prefix", () => ({ cachePrefix: "other" }), [remark]],
    ["no image behind the cache", () => ({ cached: `${ecr}/cache/app:gone` }), [remark]],
    [
      "a named task definition with a mixed image",
      () => ({ named: "web-mixed:7" }),
      [remark, "mixed-layer-compression mandatory named"],
    ],
    [
      "a named task definition that does not exist",
      () => ({ named: "other:7" }),
      [remark, "unverified-image advisory named"],
    ],
  ];
  for (const [link, change, expected] of mutations)
    it(`is reported by the rule for it, and by no other: ${link}`, async () => {
      assert.deepEqual(await judged(change()), expected.sort());
    });

  it("reports whether a cache will import the image, or does not have it", async () => {
    const message = async (change: Partial<Links>) => {
      const found = await analyze("preview", program({ ...good(), ...change }));
      return found.find(({ policy }) => policy === "missing-image")?.message ?? "";
    };
    assert.match(await message({}), /does not have this image yet/);
    assert.match(await message({ cachePrefix: "other" }), /^Not found\./);
    assert.match(await message({ cached: `${ecr}/cache/app:gone` }), /^Not found\./);
  });
});
