import assert from "node:assert/strict";
import { EcrClient } from "../../policypack/aws/ecr-client";
import { limits } from "../../policypack/common/limits";
import { eventually } from "../../support/mocha/eventually";
import {
  dummyKeys,
  exception,
  FakeEcr,
  type Handler,
  json,
  sha256,
  useAwsEnvironment,
} from "../../support/aws/fake-ecr";
import { Signal } from "../../policypack/common/signal";
import { signalAfter } from "../../support/mocha/signals";

const name = { registry: "123456789012.dkr.ecr.eu-west-3.amazonaws.com", repository: "app" };
const config = '{"architecture":"amd64"}';
const secret = "X-Amz-Signature=0123456789abcdef";

describe("a blob of private ECR", () => {
  const ecr = new FakeEcr();
  const elsewhere = new FakeEcr();
  let client: EcrClient;
  before(() => Promise.all([ecr.start(), elsewhere.start()]));
  useAwsEnvironment(() => ({ ...dummyKeys, AWS_ENDPOINT_URL_ECR: ecr.url, AWS_MAX_ATTEMPTS: "1" }));
  beforeEach(() => {
    ecr.seen.length = elsewhere.seen.length = 0;
    client = new EcrClient();
  });
  afterEach(() => client.close());
  after(() => Promise.all([ecr.stop(), elsewhere.stop()]));

  /** Presigned URLs, and what the storage behind them does. */
  const storage =
    (handler: Handler, url = `${ecr.url}/blob?${secret}`): Handler =>
    (seen, response) => {
      if (seen.what === "GetDownloadUrlForLayer")
        json(response, { downloadUrl: url, layerDigest: sha256(config) });
      else handler(seen, response);
    };

  it("comes from its presigned URL, without credentials", async () => {
    ecr.handle = storage((_seen, response) => response.end(config));
    const outcome = await client.blob(name, sha256(config), 100);
    assert.ok(outcome.ok && Buffer.from(outcome.value).toString() === config);
    const [asked, download] = ecr.seen;
    assert.deepEqual(asked?.body, {
      registryId: "123456789012",
      repositoryName: "app",
      layerDigest: sha256(config),
    });
    assert.equal(download?.what, `/blob?${secret}`);
    assert.equal(download.headers.authorization, undefined);
  });

  it("waits while the SDK has no connection left, and costs no call if it is given up meanwhile", async () => {
    const waiting: (() => void)[] = [];
    const answer = storage((_seen, response) => response.end(config));
    ecr.handle = (seen, response) => {
      if (seen.what === "GetDownloadUrlForLayer")
        waiting.push(() => {
          answer(seen, response);
        });
      else answer(seen, response);
    };
    const most = limits.awsSdkConnections;
    const blobs = Array.from({ length: most + 1 }, () => client.blob(name, sha256(config), 100));
    await eventually(() => waiting.length === most, "the calls that may be under way");
    // One that is given up while it waits costs no call.
    const ended = new Signal();
    const givenUp = client.blob(name, sha256(config), 100, ended);
    ended.abort();
    assert.ok(!(await givenUp).ok);
    assert.equal(client.requests, most);
    waiting.splice(0).forEach((one) => {
      one();
    });
    await eventually(() => waiting.length === 1, "the last call");
    waiting[0]?.();
    assert.ok((await Promise.all(blobs)).every(({ ok }) => ok));
    assert.equal(ecr.seen.filter(({ what }) => what === "GetDownloadUrlForLayer").length, most + 1);
  });

  it("returns its first bytes, unverified, whether or not the storage supports ranges", async () => {
    for (const [status, fields] of [
      [206, { "content-range": `bytes 0-4/${config.length}` }],
      [200, {}],
    ] as const) {
      ecr.handle = storage((_seen, response) => {
        response.writeHead(status, fields).end(status === 206 ? config.slice(0, 5) : config);
      });
      const outcome = await client.blobStart(name, sha256(config), 5);
      assert.ok(outcome.ok && Buffer.from(outcome.value).toString() === config.slice(0, 5));
      const { headers } = ecr.seen.at(-1)!;
      assert.deepEqual([headers.range, headers.authorization], ["bytes=0-4", undefined]);
    }
    ecr.handle = storage((_seen, response) => response.writeHead(416).end());
    const empty = await client.blobStart(name, sha256(config), 5);
    assert.ok(empty.ok && empty.value.length === 0);
    ecr.handle = storage((_seen, response) => response.writeHead(403).end(secret));
    const denied = await client.blobStart(name, sha256(config), 5);
    assert.ok(!denied.ok && denied.failure.kind === "denied");
  });

  const faults: [what: string, kind: string, handler: Handler][] = [
    ["content of another digest", "malformed", (_seen, response) => response.end("other")],
    ["a stated length over the bound", "malformed", (_seen, response) => response.end("x".repeat(101))],
    [
      "an unstated length over the bound",
      "malformed",
      (_seen, response) => {
        response.write("x".repeat(60));
        response.end("x".repeat(60));
      },
    ],
    ["status 403", "denied", (_seen, response) => response.writeHead(403).end(secret)],
    ["status 404", "missing", (_seen, response) => response.writeHead(404).end()],
    ["status 500", "unreachable", (_seen, response) => response.writeHead(500).end()],
    [
      "a redirect",
      "unsupported",
      (_seen, response) => response.writeHead(302, { location: elsewhere.url }).end(),
    ],
    ["a broken connection", "unreachable", (_seen, response) => response.destroy()],
  ];
  for (const [what, kind, handler] of faults)
    it(`is ${kind} for ${what}, and the message leaves out the URL's query`, async () => {
      ecr.handle = (seen, response) => {
        storage(handler)(seen, response);
      };
      const outcome = await client.blob(name, sha256(config), 100);
      assert.ok(!outcome.ok);
      assert.equal(outcome.failure.kind, kind, outcome.failure.message);
      assert.ok(!outcome.failure.message.includes("0123456789abcdef"));
      assert.equal(elsewhere.seen.length, 0);
    });

  const urls: [url: string, kind: string][] = [
    [`http://storage.example/blob?${secret}`, "unsupported"],
    [`file:///etc/passwd?${secret}`, "unsupported"],
    [`https://169.254.169.254/latest?${secret}`, "unsupported"],
    [`https://[::ffff:a9fe:a9fe]/latest?${secret}`, "unsupported"],
    [`https://u:p@2852039166/latest?${secret}`, "unsupported"],
    [`https://[fd00:ec2::254]/latest?${secret}`, "unsupported"],
    [`no url?${secret}`, "malformed"],
  ];
  for (const [url, kind] of urls)
    it(`is ${kind} if its URL is ${url.replace(/\?.*/, "")}`, async () => {
      ecr.handle = storage((_seen, response) => response.end(config), url);
      const outcome = await client.blob(name, sha256(config), 100);
      assert.ok(!outcome.ok && outcome.failure.kind === kind);
      assert.ok(!outcome.failure.message.includes("0123456789abcdef"));
      assert.equal(ecr.seen.length, 1);
    });

  it("is missing if ECR has no such layer", async () => {
    ecr.handle = (_seen, response) => {
      exception(response, 400, "LayersNotFoundException", "no such layer");
    };
    const outcome = await client.blob(name, sha256(config), 100);
    assert.deepEqual(outcome, {
      ok: false,
      failure: {
        kind: "missing",
        message: "ECR: LayersNotFoundException: no such layer",
        fix: "push the image again: ECR has its manifest, but not all of its layers",
      },
    });
  });

  for (const hanging of ["GetDownloadUrlForLayer", `/blob?${secret}`])
    it(`times out while ${hanging.replace(/\?.*/, "")} hangs`, async () => {
      const answers = storage(() => undefined);
      ecr.handle = (seen, response) => {
        if (seen.what !== hanging) answers(seen, response);
      };
      const outcome = await client.blob(name, sha256(config), 100, signalAfter(150));
      assert.ok(!outcome.ok && outcome.failure.kind === "timeout");
    });
});
