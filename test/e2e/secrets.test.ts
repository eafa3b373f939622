import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ProviderResource, secret } from "@pulumi/pulumi";
import { Home } from "../../support/registry/logins";
import { finished } from "../../support/process/command";
import { AnyResource, engineFor, EngineStack } from "../../support/engine/engine";
import { exception, FakeEcr, json, useAwsEnvironment } from "../../support/aws/fake-ecr";
import { accessKey, leaks, LeakyRegistries, login, mixed, planted } from "../../support/engine/planted";

class AwsProvider extends ProviderResource {}

describe("no planted secret", function () {
  this.timeout(90_000);
  const ecr = new FakeEcr();
  const leaky = new LeakyRegistries();
  const old = { ...process.env };
  let images: readonly string[];
  let home: Home;
  let stack: EngineStack;
  let output = "";

  useAwsEnvironment(() => ({
    AWS_ACCESS_KEY_ID: accessKey,
    AWS_SECRET_ACCESS_KEY: planted.awsSecret,
    AWS_SESSION_TOKEN: planted.awsSession,
    AWS_ENDPOINT_URL: ecr.url,
    AWS_MAX_ATTEMPTS: "1",
  }));

  before(async function () {
    const engine = await engineFor(this);
    await ecr.start();
    home = await Home.create();
    process.env["AWS_ENDPOINT_URL"] = ecr.url;
    process.env["DOCKER_CONFIG"] = home.folder;
    process.env["HTTP_PROXY"] =
      `http://ci:${encodeURIComponent(planted.proxy)}@127.0.0.1:${(await leaky.proxy()).port}`;
    process.env["HTTPS_PROXY"] = process.env["HTTP_PROXY"];
    process.env["PATH"] = `${home.path("bin")}:${process.env["PATH"]}`;
    await home.helper("noisy", `echo '${planted.helper}'; echo '${planted.helper}' >&2; exit 1`);
    images = await leaky.images(home);
    ecr.handle = ({ what, headers }, response) => {
      const echoed = `${headers.authorization} ${String(headers["x-amz-security-token"])} ${planted.awsSecret}`;
      if (what === "GetSecretValue")
        json(response, { SecretString: JSON.stringify({ ...login, password: planted.managed }) });
      else if (what === "BatchGetImage")
        json(response, {
          images: [
            {
              imageId: { imageTag: "1", imageDigest: mixed.digest },
              imageManifest: mixed.manifest.toString(),
              imageManifestMediaType: mixed.mediaType,
            },
          ],
        });
      else if (what === "GetDownloadUrlForLayer")
        json(response, {
          downloadUrl: `${ecr.url}/blob?X-Amz-Signature=${encodeURIComponent(planted.signature)}`,
        });
      else if (what.startsWith("/blob")) response.writeHead(403).end(planted.signature);
      else exception(response, 400, "InvalidSignatureException", `Signature expired: ${echoed}`);
    };
    stack = await EngineStack.create(engine, program);
  });

  after(async () => {
    (stack as EngineStack | undefined)?.remove();
    await leaky.stop();
    await ecr.stop();
    await (home as Home | undefined)?.remove();
    for (const name of ["DOCKER_CONFIG", "HTTP_PROXY", "HTTPS_PROXY", "PATH", "AWS_ENDPOINT_URL"])
      if (old[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = old[name];
  });

  function program(): void {
    const provider = new AwsProvider("aws", "own", {
      accessKey: secret(accessKey),
      secretKey: secret(planted.providerSecret),
      token: secret(planted.providerSecret),
      region: "eu-west-3",
    });
    for (const [i, image] of images.entries()) {
      const container = {
        name: "app",
        image,
        environment: [{ name: "PASSWORD", value: planted.environment }],
        secrets: [{ name: "x", valueFrom: planted.environment }],
        command: [planted.environment],
        ...(i === 6 ? { repositoryCredentials: { credentialsParameter: "shop/registry" } } : {}),
      };
      for (const [name, own] of [
        ["default", {}],
        ["own", { provider }],
      ] as const)
        new AnyResource(
          "aws:ecs/taskDefinition:TaskDefinition",
          `${name}-${i}`,
          {
            family: "app",
            executionRoleArn: "arn:aws:iam::123456789012:role/execution",
            containerDefinitions: secret(JSON.stringify([container])),
            tags: secret({ password: planted.environment }),
          },
          own,
        );
    }
    const broken = `[{"name":"app","image":"x","environment":[{"value":"${planted.environment}"`;
    new AnyResource("aws:ecs/taskDefinition:TaskDefinition", "broken", {
      containerDefinitions: secret(broken),
    });
  }

  it("is in what the engine prints of a preview and an update, or in what the policies report", async () => {
    const shared = {
      insecureRegistries: ["proxied.test:5000"],
      requestTimeoutSeconds: 3,
      imageTimeoutSeconds: 6,
      sniffLayers: true,
    };
    const advisory = { enforcementLevel: "advisory" };
    const configs = [{ "mixed-layer-compression": { ...advisory, ...shared }, "image-name": advisory }];
    for (const run of [await stack.preview({ configs }), await stack.up({ configs })]) {
      assert.equal(run.passed, true, run.output.slice(-3000));
      output += run.output;
      assert.deepEqual(leaks("the output", run.output), [], run.output);
      assert.deepEqual(leaks("the reports", JSON.stringify(run.violations)), []);
      const policies = new Set(run.violations.map(({ policyName }) => policyName));
      for (const policy of ["mixed-layer-compression", "unverified-image"])
        assert.ok(policies.has(policy), `${policy} is not among ${[...policies].join(", ")}: ${run.output}`);
    }
    for (const words of [
      /denied: /,
      /cannot use this image name/,
      /proxied\.test/,
      /docker-credential-noisy/,
      /not valid JSON/,
    ])
      assert.match(output, words, "every scene was played");
    assert.ok(ecr.seen.some(({ what }) => what === "GetSecretValue"));
  });

  it("is in the stack's state or in the cache", async () => {
    const state = await stack.command("stack", "export");
    assert.ok(state.passed);
    assert.deepEqual(leaks("the state", state.output), []);
    const cache = readdirSync(join(stack.workFolder, "../cache"), { recursive: true, withFileTypes: true });
    const files = cache
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
    assert.ok(files.length > 0, "something was cached");
    for (const file of files) assert.deepEqual(leaks(file, file + readFileSync(file, "latin1")), []);
  });

  for (const options of [
    [],
    ["--format", "json"],
    ["--format", "sarif"],
    ["--explain"],
    ["--explain", "--format", "json"],
  ])
    it(`is in what the command prints with ${options.join(" ") || "no option"}`, async () => {
      const args = [resolve(__dirname, "../../dist/bin/cli.js"), "inspect", ...images, ...options];
      args.push("--insecure-registry", "proxied.test:5000", "--sniff");
      const { output: printed } = await finished(
        execFile(process.execPath, args, { env: process.env, timeout: 60_000 }),
      );
      assert.match(printed, /denied/);
      assert.deepEqual(leaks("the command's output", printed), [], printed);
    });
});
