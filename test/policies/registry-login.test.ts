import assert from "node:assert/strict";
import { ecsImagePolicies } from "../../policypack";
import { analyze, type Registered, urnOf, type Violation } from "../../support/engine/fake-engine";
import { dummyKeys, exception, FakeEcr, json, useAwsEnvironment } from "../../support/aws/fake-ecr";
import { UNKNOWN } from "../../support/pulumi/previewed";
import { buildImage, pushImage } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

const account = "123456789012";
const arn = (name: string) => `arn:aws:secretsmanager:eu-west-3:${account}:secret:${name}-AbCdEf`;
const login = { username: "ecs", password: "planted-secret" };
const roleIn = (owner: string) => `arn:aws:iam::${owner}:role/reader`;

/** What AWS answers to a secret's name; an error's name for an exception. */
const answers: Record<string, object | string> = {
  good: { SecretString: JSON.stringify(login) },
  capitals: { SecretString: JSON.stringify({ USERNAME: "ecs", Password: "planted-secret" }) },
  more: { SecretString: JSON.stringify({ ...login, host: "planted-host" }) },
  text: { SecretString: "planted:planted" },
  list: { SecretString: '["planted"]' },
  null: { SecretString: "null" },
  nobody: { SecretString: '{"username":"","password":"planted"}' },
  number: { SecretString: '{"username":"planted","password":1}' },
  bytes: { SecretBinary: "cGxhbnRlZA==" },
  gone: "ResourceNotFoundException",
  denied: "AccessDeniedException",
  encrypted: "DecryptionFailure",
  failing: "InternalServiceError",
};

describe("a login secret", () => {
  const aws = new FakeEcr();
  let open: TestRegistry;
  let closed: TestRegistry;
  before(async () => {
    await aws.start();
    open = await TestRegistry.start();
    closed = await TestRegistry.start({ access: { mode: "bearer", login } });
    for (const registry of [open, closed])
      pushImage(registry, "app", "1", buildImage({ layers: ["gzip"], family: "docker" }));
    aws.handle = (seen, response) => {
      const key = /(?:secret:)?(\w+)(?:-AbCdEf)?$/.exec(String(seen.body["SecretId"]))?.[1] ?? "";
      const answer = answers[key] ?? "ResourceNotFoundException";
      if (typeof answer === "string") exception(response, 400, answer, "planted-words");
      else json(response, answer);
    };
  });
  useAwsEnvironment(() => ({
    ...dummyKeys,
    AWS_ACCOUNT_ID: account,
    AWS_REGION: "eu-west-3",
    AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url,
    AWS_MAX_ATTEMPTS: "1",
  }));
  beforeEach(() => {
    aws.seen.length = 0;
  });
  after(() => Promise.all([aws.stop(), open.stop(), closed.stop()]));

  const task = (name: string, secret: unknown, registry = open, more: Partial<Registered> = {}) => {
    const container = {
      name: "app",
      image: `${registry.host}/app:1`,
      repositoryCredentials: { credentialsParameter: secret },
    };
    const props = { containerDefinitions: JSON.stringify([container]), executionRoleArn: roleIn(account) };
    return { name, props, ...more };
  };
  const short = ({ policy, level, urn }: Violation) => `${policy} ${level} ${urn.split("::").at(-1) ?? ""}`;
  const judged = async (resources: readonly Registered[], mode: "preview" | "update" = "preview") => {
    const found = await analyze(mode, resources);
    assert.doesNotMatch(JSON.stringify(found), /planted-(?:secret|host)|planted:planted/);
    return found.map(short);
  };

  for (const name of ["good", "capitals", "more", "denied", "encrypted"])
    it(`is fine, or cannot be judged, though the registry needs none: ${name}`, async () => {
      assert.deepEqual(await judged([task("web", arn(name))]), []);
      assert.equal(aws.seen.length, 1);
    });

  for (const name of ["text", "list", "null", "nobody", "number", "bytes", "gone"])
    it(`blocks, whether or not the registry needs a login, and is reported once: ${name}`, async () => {
      for (const registry of [open, closed])
        assert.deepEqual(await judged([task("web", arn(name), registry)]), ["registry-login mandatory web"]);
    });

  it("is reported by unverified-image if registry-login is disabled, whether or not the registry needs a login", async () => {
    const policies = ecsImagePolicies().filter(({ name }) => name !== "registry-login");
    const found = async (registry: TestRegistry) =>
      (await analyze("preview", [task("web", arn("gone"), registry)], {}, policies)).map(
        (one) =>
          `${short(one)}: ${/login secret of this image does not exist|secret/.exec(one.message)?.[0] ?? ""}`,
      );
    assert.deepEqual(await found(open), [
      "unverified-image advisory web: login secret of this image does not exist",
    ]);
    assert.deepEqual(await found(closed), ["unverified-image advisory web: secret"]);
  });

  it("is not read for an image in private ECR, nor if no container names one", async () => {
    const image = `${account}.dkr.ecr.eu-west-3.amazonaws.com/app:1`;
    const repositoryCredentials = { credentialsParameter: arn("gone") };
    const containers = [{ name: "app", image, repositoryCredentials }];
    const bare = [{ name: "app", image: `${open.host}/app:1` }];
    await judged([
      { name: "ecr", props: { containerDefinitions: JSON.stringify(containers) } },
      { name: "bare", props: { containerDefinitions: JSON.stringify(bare) } },
    ]);
    assert.deepEqual(
      aws.seen.filter(({ what }) => what === "GetSecretValue"),
      [],
    );
  });

  const unproven: [title: string, resource: () => Registered, fix: RegExp][] = [
    ["it fails in another way", () => task("web", arn("failing")), /inspect the image with --explain/],
    ["it is not found by name", () => task("web", "gone"), /create the secret, share it/],
    ["it has no login, and is given by name", () => task("web", "text"), /store the login in the secret/],
    [
      "it names something else",
      () => task("web", `arn:aws:ssm:eu-west-3:${account}:parameter/x`),
      /correct credentialsParameter/,
    ],
    [
      "it is not found by an identity of another account",
      () => task("web", arn("gone").replace(account, "999999999999")),
      /create the secret, share it/,
    ],
  ];
  for (const [title, resource, fix] of unproven)
    it(`is a part that could not be read if ${title}`, async () => {
      const [found, ...more] = await analyze("preview", [resource()]);
      assert.deepEqual([short(found!), more], ["unverified-image advisory web", []]);
      assert.match(found!.message, /unread +login secret\n/);
      assert.match(found!.message, /\nfix /);
      assert.match(found!.message.replaceAll(/\s+/g, " "), fix);
    });

  const made: [title: string, type: string, props: Record<string, unknown>, silent: boolean][] = [
    ["makes it", "aws:secretsmanager/secret:Secret", { name: "gone" }, true],
    ["makes another", "aws:secretsmanager/secret:Secret", { name: "other" }, false],
    ["fills it", "aws:secretsmanager/secretVersion:SecretVersion", { secretId: arn("gone") }, true],
    ["fills another", "aws:secretsmanager/secretVersion:SecretVersion", { secretId: arn("other") }, false],
    ["fills one", "aws:secretsmanager/secretVersion:SecretVersion", { secretId: UNKNOWN.string }, true],
    ["makes one with a prefix", "aws:secretsmanager/secret:Secret", { namePrefix: "go" }, true],
    ["makes it natively", "aws-native:secretsmanager:Secret", { name: "gone" }, true],
  ];
  for (const [title, type, props, silent] of made)
    it(`${silent ? "is not judged" : "blocks"} if the program ${title}`, async () => {
      const secret = { type, name: "secret", props };
      assert.deepEqual(
        await judged([task("web", arn("gone")), secret]),
        silent ? [] : ["registry-login mandatory web"],
      );
    });

  it("is not judged in an update, and reported as unverified if the image needs it", async () => {
    assert.deepEqual(await judged([task("web", arn("text"))], "update"), []);
    assert.deepEqual(await judged([task("web", arn("text"), closed)], "update"), [
      "unverified-image advisory web",
    ]);
  });

  it("is reported once for all its users, with the problem and the fix, in 24 lines", async () => {
    const tasks = Array.from({ length: 12 }, (_, n) => task(`t${n}`, arn("nobody")));
    const found = await analyze("preview", tasks);
    assert.deepEqual(found.map(short), ["registry-login mandatory t0"]);
    const { message } = found[0]!;
    assert.match(message, /secret +arn:aws:secretsmanager:[^]*problem +it has no username/);
    assert.match(message, /SecretVersion[^]*fn::toJSON/);
    assert.ok(message.split("\n").every((line) => line.length <= 80 || line.includes("arn:")));
    const [alone] = await analyze("preview", [task("web", arn("nobody"))]);
    assert.ok(alone!.message.split("\n").length <= 24, alone!.message);
  });

  describe("that does not exist, read with credentials that do not tell their account", () => {
    useAwsEnvironment(() => ({
      ...dummyKeys,
      AWS_ACCOUNT_ID: "",
      AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url,
      AWS_MAX_ATTEMPTS: "1",
    }));
    const provider = (...allowed: string[]) => ({ provider: { allowedAccountIds: JSON.stringify(allowed) } });
    const role =
      (executionRoleArn: unknown, more: object = {}) =>
      (): Registered => {
        const { props, ...web } = task("web", arn("gone"));
        return { ...web, props: { ...props, executionRoleArn }, ...more };
      };
    const rows: [title: string, resource: () => Registered, blocks: boolean][] = [
      ["an execution role of the secret's account", role(roleIn(account)), true],
      ["an execution role of another account", role(roleIn("999999999999")), false],
      ["an execution role that is not known yet", role(UNKNOWN.string), false],
      ["a provider for the secret's account", role(UNKNOWN.string, provider(account)), true],
      [
        "a provider for either of two accounts",
        role(UNKNOWN.string, provider(account, "999999999999")),
        false,
      ],
      [
        "a provider for another account than its role's",
        role(roleIn(account), provider("999999999999")),
        false,
      ],
    ];
    for (const [title, resource, blocks] of rows)
      it(`${blocks ? "blocks" : "is unverified"} if the task has ${title}`, async () => {
        assert.deepEqual(await judged([resource()]), [
          blocks ? "registry-login mandatory web" : "unverified-image advisory web",
        ]);
      });

    it("blocks if awsIdentities has an identity for the secret's account", async () => {
      const config = { "mixed-layer-compression": { awsIdentities: { [account]: {} } } };
      const found = await analyze("preview", [role(UNKNOWN.string)()], config);
      assert.deepEqual(found.map(short), ["registry-login mandatory web"]);
    });
  });

  it("can be exempted by image, and by resource", async () => {
    const because = { reason: "a test" };
    for (const exclude of [
      [{ image: `${open.host}/app:1`, ...because }],
      [{ resource: "web", ...because }],
    ]) {
      const web = task("web", arn("text"));
      const found = await analyze("preview", [web], { "mixed-layer-compression": { exclude } });
      assert.deepEqual(
        found.map(({ level, urn }) => [level, urn]),
        [["advisory", urnOf(web)]],
      );
    }
  });
});
