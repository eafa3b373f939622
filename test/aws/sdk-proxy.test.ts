import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EcrClient } from "../../policypack/aws/ecr-client";
import { defaultIdentity } from "../../policypack/aws/identity";
import { SecretsManager } from "../../policypack/aws/secrets-manager";
import { selfSigned } from "../../support/network/certificate";
import { dummyKeys, FakeEcr, json, sha256, useAwsEnvironment } from "../../support/aws/fake-ecr";
import { TunnelProxy } from "../../support/network/tunnel-proxy";

const account = "123456789012";
const registry = `${account}.dkr.ecr.eu-west-3.amazonaws.com`;
const roleArn = `arn:aws:iam::${account}:role/deploy`;
const manifest = JSON.stringify({ schemaVersion: 2 });
const sessionKeys = { AccessKeyId: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: "s", SessionToken: "t" };

const apis = {
  sts: "sts.eu-west-3.amazonaws.com",
  ecr: "api.ecr.eu-west-3.amazonaws.com",
  storage: "layers.s3.eu-west-3.amazonaws.com",
  secrets: "secretsmanager.eu-west-3.amazonaws.com",
};

/** All of AWS that the guard asks, behind one port. */
function answer(ecr: FakeEcr): void {
  ecr.handle = (seen, response) => {
    if (seen.body["Action"] === "AssumeRole") {
      const keys = Object.entries({ ...sessionKeys, Expiration: "2099-01-01T00:00:00Z" });
      const xml = keys.map(([key, value]) => `<${key}>${value}</${key}>`).join("");
      response.writeHead(200, { "content-type": "text/xml" });
      response.end(
        `<AssumeRoleResponse><AssumeRoleResult><Credentials>${xml}</Credentials></AssumeRoleResult></AssumeRoleResponse>`,
      );
    } else if (seen.what === "BatchGetImage") {
      const imageId = { imageTag: "1", imageDigest: sha256(manifest) };
      json(response, { images: [{ imageId, imageManifest: manifest }] });
    } else if (seen.what === "GetDownloadUrlForLayer")
      json(response, { downloadUrl: `https://${apis.storage}/blob?X-Amz-Signature=abc` });
    else if (seen.what === "GetSecretValue") json(response, { SecretString: "{}" });
    else response.end("{}");
  };
}

/** Assumes a role, reads a manifest, a blob and a secret; prints what came of each. */
const program = (room: string) => `
  const require_ = (file) => require(${JSON.stringify(room)} + "/" + file);
  const { EcrClient } = require_("aws/ecr-client");
  const { identityOfProvider } = require_("aws/identity");
  const { SecretsManager } = require_("aws/secrets-manager");
  const identity = identityOfProvider({ assumeRole: { roleArn: ${JSON.stringify(roleArn)} } });
  const name = { registry: ${JSON.stringify(registry)}, repository: "app" };
  (async () => {
    const client = new EcrClient({ identity });
    const manifest = await client.manifest(name, "1");
    const blob = await client.blob(name, ${JSON.stringify(sha256("{}"))}, 100);
    const secrets = new SecretsManager();
    const secret = await secrets.read("login", identity, "eu-west-3");
    console.log(JSON.stringify([manifest.ok, blob.ok, secret]));
    // Nothing is closed: idle connections must not keep the process alive.
  })();`;

describe("the calls to AWS", () => {
  let proxy: TunnelProxy | undefined;
  useAwsEnvironment(() => ({ ...dummyKeys, AWS_MAX_ATTEMPTS: "1" }));
  const saved = { ...process.env };
  afterEach(async () => {
    for (const name of ["HTTPS_PROXY", "NO_PROXY", "https_proxy", "no_proxy"]) {
      const value = saved[name];
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    await proxy?.stop();
    proxy = undefined;
  });

  for (const [how, noProxy, expected] of [
    ["all go through the proxy of the environment", "", ["sts", "ecr", "storage", "sts", "secrets"]],
    [
      "bypass the proxy for the hosts of NO_PROXY",
      ".s3.eu-west-3.amazonaws.com",
      ["sts", "ecr", "sts", "secrets"],
    ],
  ] as const)
    it(how, async function () {
      const tls = selfSigned("test AWS", Object.values(apis));
      if (tls === undefined) this.skip();
      const folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-"));
      const ecr = new FakeEcr(tls);
      try {
        await ecr.start();
        answer(ecr);
        proxy = await TunnelProxy.start(ecr.port);
        const authority = join(folder, "authority.pem");
        writeFileSync(authority, tls.cert);
        const env = {
          ...process.env,
          HTTPS_PROXY: proxy.url,
          NO_PROXY: noProxy,
          NODE_EXTRA_CA_CERTS: authority,
        };
        const room = join(__dirname, "../../policypack");
        const output = await run(program(room), env);
        assert.equal(output, `[true,${noProxy === ""},"{}"]\n`);
        assert.deepEqual(
          proxy.tunnels,
          expected.map((api) => `${apis[api]}:443`),
        );
        const signed = ecr.seen.filter(({ headers }) => headers.authorization !== undefined);
        assert.ok(signed.slice(1).some(({ headers }) => headers["x-amz-security-token"] === "t"));
      } finally {
        await ecr.stop();
        rmSync(folder, { recursive: true });
      }
    });

  it("bypass the proxy if an endpoint on loopback is configured", async () => {
    const ecr = new FakeEcr();
    await ecr.start();
    answer(ecr);
    proxy = await TunnelProxy.start(undefined);
    Object.assign(process.env, { HTTPS_PROXY: proxy.url, NO_PROXY: "" });
    Object.assign(process.env, { AWS_ENDPOINT_URL_ECR: ecr.url, AWS_ENDPOINT_URL_SECRETS_MANAGER: ecr.url });
    const client = new EcrClient();
    const secrets = new SecretsManager();
    try {
      assert.ok((await client.manifest({ registry, repository: "app" }, "1")).ok);
      assert.equal(await secrets.read("login", defaultIdentity, "eu-west-3"), "{}");
      assert.deepEqual(proxy.tunnels, []);
    } finally {
      for (const name of ["AWS_ENDPOINT_URL_ECR", "AWS_ENDPOINT_URL_SECRETS_MANAGER"])
        Reflect.deleteProperty(process.env, name);
      await Promise.all([client.close(), secrets.close(), ecr.stop()]);
    }
  });

  // Source: ECR's endpoint rules, as its client of the SDK carries them. What counts here is that region, FIPS and dual-stack get there.
  const hosts: [registry: string, api: string][] = [
    ["dkr.ecr.us-east-1.amazonaws.com", "api.ecr.us-east-1.amazonaws.com"],
    ["dkr.ecr.us-gov-west-1.amazonaws.com", "api.ecr.us-gov-west-1.amazonaws.com"],
    ["dkr.ecr-fips.us-gov-west-1.amazonaws.com", "api.ecr-fips.us-gov-west-1.amazonaws.com"],
    ["dkr.ecr-fips.us-east-1.amazonaws.com", "api.ecr-fips.us-east-1.amazonaws.com"],
    ["dkr.ecr.cn-north-1.amazonaws.com.cn", "api.ecr.cn-north-1.amazonaws.com.cn"],
    ["dkr.ecr.eusc-de-east-1.amazonaws.eu", "api.ecr.eusc-de-east-1.amazonaws.eu"],
    ["dkr.ecr.us-iso-east-1.c2s.ic.gov", "api.ecr.us-iso-east-1.c2s.ic.gov"],
    ["dkr.ecr.us-isob-east-1.sc2s.sgov.gov", "api.ecr.us-isob-east-1.sc2s.sgov.gov"],
    ["dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk", "api.ecr.eu-isoe-west-1.cloud.adc-e.uk"],
    ["dkr.ecr.us-isof-east-1.csp.hci.ic.gov", "api.ecr.us-isof-east-1.csp.hci.ic.gov"],
    ["dkr-ecr.us-west-2.on.aws", "ecr.us-west-2.api.aws"],
    ["dkr-ecr-fips.us-west-2.on.aws", "ecr-fips.us-west-2.api.aws"],
    ["dkr-ecr.cn-north-1.on.amazonwebservices.com.cn", "ecr.cn-north-1.api.amazonwebservices.com.cn"],
  ];
  for (const [host, api] of hosts)
    it(`for ${host} go to ${api}, and fail as unreachable if the proxy refuses`, async () => {
      proxy = await TunnelProxy.start(undefined);
      Object.assign(process.env, { HTTPS_PROXY: proxy.url, NO_PROXY: "" });
      const client = new EcrClient();
      const outcome = await client.manifest({ registry: `${account}.${host}`, repository: "app" }, "1");
      await client.close();
      assert.deepEqual(proxy.tunnels, [`${api}:443`]);
      assert.ok(!outcome.ok && outcome.failure.kind === "unreachable");
      assert.match(
        outcome.failure.message,
        /cannot be reached through the proxy 127\.0\.0\.1:\d+ \(HTTPS_PROXY\)/,
      );
    });
});

/** What a program prints that ends by itself within 25 s with status 0. */
async function run(source: string, env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, ["--import", "tsx", "--eval", source], { env, stdio: "pipe" });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const timer = setTimeout(() => child.kill(), 25_000);
  const code = await new Promise((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  assert.equal(code, 0, output);
  return output;
}
