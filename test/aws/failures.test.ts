import assert from "node:assert/strict";
import { EcrClient } from "../../policypack/aws/ecr-client";
import { awsWords } from "../../policypack/aws/failures";
import { identityOfProvider } from "../../policypack/aws/identity";
import { dummyKeys, exception, FakeEcr, idsOf, json, useAwsEnvironment } from "../../support/aws/fake-ecr";

const name = { registry: "123456789012.dkr.ecr.eu-west-3.amazonaws.com", repository: "app" };

describe("a refusal of private ECR", () => {
  const ecr = new FakeEcr();
  let client: EcrClient;
  before(() => ecr.start());
  useAwsEnvironment(() => ({
    ...dummyKeys,
    AWS_ENDPOINT_URL_ECR: ecr.url,
    AWS_ENDPOINT_URL_STS: ecr.url,
    AWS_MAX_ATTEMPTS: "1",
  }));
  beforeEach(() => {
    ecr.seen.length = 0;
    client = new EcrClient();
  });
  afterEach(() => client.close());
  after(() => ecr.stop());

  const exceptions: [status: number, type: string, kind: string][] = [
    [400, "RepositoryNotFoundException", "missing"],
    [400, "InvalidParameterException", "missing"],
    [400, "AccessDeniedException", "denied"],
    [400, "ExpiredTokenException", "denied"],
    [400, "UnrecognizedClientException", "denied"],
    [403, "SomethingNew", "denied"],
    [400, "ThrottlingException", "throttled"],
    [400, "LimitExceededException", "throttled"],
    [429, "SomethingNew", "throttled"],
    [400, "UnableToGetUpstreamImageException", "unreachable"],
    [500, "ServerException", "unreachable"],
    [400, "SomethingNew", "unsupported"],
  ];
  for (const [status, type, kind] of exceptions)
    it(`is ${kind} for ${type} with status ${status}, in AWS's words`, async () => {
      ecr.handle = (_seen, response) => {
        exception(response, status, `com.amazonaws.ecr#${type}`, `the words of ${type}`);
      };
      const outcome = await client.manifest(name, "t");
      assert.ok(!outcome.ok);
      assert.equal(outcome.failure.kind, kind);
      assert.ok(outcome.failure.message.includes(`${type}: the words of ${type}`), outcome.failure.message);
    });

  const codes: [code: string, kind: string][] = [
    ["ImageNotFound", "missing"],
    ["ImageTagDoesNotMatchDigest", "missing"],
    ["UpstreamAccessDenied", "denied"],
    ["KmsError", "denied"],
    ["UpstreamTooManyRequests", "throttled"],
    ["UpstreamUnavailable", "unreachable"],
    ["SomethingNew", "unreachable"],
  ];
  for (const [failureCode, kind] of codes)
    it(`is ${kind} for the failure code ${failureCode} of one image`, async () => {
      ecr.handle = (seen, response) => {
        json(response, {
          images: [],
          failures: [{ imageId: { imageTag: idsOf(seen)[0] }, failureCode, failureReason: "why" }],
        });
      };
      const outcome = await client.manifest(name, "t");
      assert.ok(!outcome.ok && outcome.failure.kind === kind);
      assert.ok(outcome.failure.message.includes(`${failureCode}: why`));
    });

  const advice: [error: string, says: RegExp, never?: RegExp][] = [
    ["AccessDeniedException", /ecr:BatchGetImage and ecr:GetDownloadUrlForLayer/],
    ["ExpiredTokenException", /^log in to AWS again/, /ecr:/],
    ["UnrecognizedClientException", /^correct the AWS credentials/, /ecr:/],
    ["InvalidSignatureException", /clock/, /ecr:/],
    ["KmsException", /KMS key/, /ecr:/],
    ["UnableToAccessSecretException", /secret of the pull through cache rule/, /ecr:/],
    ["RepositoryNotFoundException", /correct its repository, account or region/, /tag/],
    ["ImageNotFoundException", /correct its tag or digest/],
    ["ThrottlingException", /raise the quota/, /log in|mirror/],
    ["ServerException", /^try again later$/],
  ];
  for (const [error, says, never] of advice)
    it(`has advice that fits ${error}`, async () => {
      ecr.handle = (_seen, response) => {
        exception(response, 400, error, "why");
      };
      const outcome = await client.manifest(name, "t");
      const { fix = "" } = outcome.ok ? {} : outcome.failure;
      assert.match(fix, says);
      if (never !== undefined) assert.doesNotMatch(fix, never);
    });

  const bodies: [what: string, status: number, body: string, kind: string][] = [
    ["no JSON", 200, "<html>", "malformed"],
    ["a gateway's page", 502, "<html>", "unreachable"],
    ["an empty answer", 200, "{}", "malformed"],
  ];
  for (const [what, status, body, kind] of bodies)
    it(`is ${kind} for ${what}`, async () => {
      ecr.handle = (_seen, response) => response.writeHead(status).end(body);
      const outcome = await client.manifest(name, "t");
      assert.equal(outcome.ok ? "ok" : outcome.failure.kind, kind, JSON.stringify(outcome));
    });

  it("is unreachable for a connection that breaks", async () => {
    ecr.handle = (_seen, response) => response.destroy();
    const outcome = await client.manifest(name, "t");
    assert.ok(!outcome.ok && outcome.failure.kind === "unreachable");
  });

  it("says that a pull through cache may need permissions", async () => {
    ecr.handle = (_seen, response) => {
      exception(response, 400, "RepositoryNotFoundException", "gone");
    };
    const outcome = await client.manifest({ ...name, repository: "docker-hub/library/nginx" }, "t");
    assert.ok(!outcome.ok && outcome.failure.message.includes("ecr:BatchImportUpstreamImage"));
  });

  it("names the identity that has no credentials", async () => {
    const identity = identityOfProvider({ profile: "nowhere" });
    const own = new EcrClient({ identity });
    const outcome = await own.manifest(name, "t");
    await own.close();
    assert.ok(!outcome.ok && outcome.failure.kind === "denied");
    assert.match(
      outcome.failure.message,
      /AWS identity of the provider: profile nowhere: CredentialsProviderError: .*nowhere/,
    );
    assert.equal(ecr.seen.length, 0);
  });

  it("names the role that may not be assumed, and what was sent for it", async () => {
    ecr.handle = (_seen, response) => {
      response.writeHead(403, { "content-type": "text/xml" });
      response.end(
        "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not yours</Message></Error></ErrorResponse>",
      );
    };
    const roleArn = "arn:aws:iam::999999999999:role/deploy";
    const own = new EcrClient({
      identity: identityOfProvider({ assumeRoles: JSON.stringify([{ roleArn, externalId: "ext" }]) }),
    });
    const outcome = await own.manifest(name, "t");
    await own.close();
    assert.ok(!outcome.ok && outcome.failure.kind === "denied");
    assert.match(
      outcome.failure.message,
      /default credential chain, role arn:aws:iam::999999999999:role\/deploy: AccessDenied: not yours/,
    );
    assert.equal(ecr.seen.length, 1);
    assert.equal(ecr.seen[0]?.body["ExternalId"], "ext");
  });

  it("is unsupported for a registry that only looks like ECR, and nothing is sent", async () => {
    const registry = `${name.registry}.evil.example`;
    const outcomes = [
      await client.manifest({ ...name, registry }, "t"),
      await client.blob({ ...name, registry }, "sha256:0", 1),
    ];
    for (const outcome of outcomes) assert.ok(!outcome.ok && outcome.failure.kind === "unsupported");
    assert.equal(ecr.seen.length, 0);
  });

  const words: [said: string, shown: string][] = [
    ["plain words", "plain words"],
    ["does not match.\n\nThe Canonical String was\nx-amz-security-token:SECRET", "does not match."],
    ["does not match. The Canonical String was x", "does not match."],
    ["in header: 'AWS4-HMAC-SHA256 Credential=AKIA/1, Signature=abc'", "in header: '…"],
    ["see https://s3.example/a?X-Amz-Signature=abc now", "see https://s3.example/a?… now"],
    ["Credential=AKIAIOSFODNN7EXAMPLE/x", "Credential=…"],
    ["key AKIAIOSFODNN7EXAMPLE is off", "key … is off"],
    [`token ${"Ab+/9".repeat(40)}`, "token …"],
    [`digest sha256:${"0a".repeat(32)}`, `digest sha256:${"0a".repeat(32)}`],
    ["a\u001b[31mb", "a\uFFFD[31mb"],
  ];
  for (const [said, shown] of words)
    it(`says ${JSON.stringify(shown.slice(0, 40))} for ${JSON.stringify(said.slice(0, 40))}`, () => {
      assert.equal(awsWords(said), shown);
    });
});
