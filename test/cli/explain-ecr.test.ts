import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import {
  dummyKeys,
  exception,
  FakeEcr,
  type Handler,
  json,
  type Seen,
  useAwsEnvironment,
} from "../../support/aws/fake-ecr";
import { buildImage } from "../../support/registry/images";
import { Home } from "../../support/registry/logins";
import { explain } from "../../support/registry/explained";

const host = "123456789012.dkr.ecr.eu-west-3.amazonaws.com";
const mixed = buildImage({ layers: ["gzip", "zstd"], family: "docker" });

describe("the steps of an image in private ECR", () => {
  const ecr = new FakeEcr();
  let home: Home;
  before(() => ecr.start());
  useAwsEnvironment(() => ({
    ...dummyKeys,
    AWS_SESSION_TOKEN: "planted-session-token",
    AWS_ENDPOINT_URL_ECR: ecr.url,
    AWS_MAX_ATTEMPTS: "2",
  }));
  beforeEach(async () => (home = await Home.create()));
  afterEach(() => home.remove());
  after(() => ecr.stop());

  const good: Handler = (seen: Seen, response: ServerResponse) => {
    if (seen.what === "BatchGetImage") {
      const imageId = { imageTag: "1", imageDigest: mixed.digest };
      const imageManifest = Buffer.from(mixed.manifest).toString("utf8");
      json(response, { images: [{ imageId, imageManifest, imageManifestMediaType: mixed.mediaType }] });
    } else if (seen.what === "GetDownloadUrlForLayer") {
      json(response, { downloadUrl: `${ecr.url}/layers/config?X-Amz-Signature=planted-signature` });
    } else response.end(mixed.config.bytes);
  };

  it("list the identity, its source, the calls of the API and the download", async () => {
    ecr.handle = good;
    const told = await explain(`${host}/team/app:1`, { credentials: home.source() });
    assert.equal(told.of("registry")[0]?.kind, "ecr-api");
    assert.deepEqual(told.of("credential"), [
      {
        step: "credential",
        registry: host,
        places: [
          {
            place: "the AWS identity of the default credential chain",
            outcome: "used",
            reason: "by environment variables",
          },
        ],
      },
    ]);
    assert.deepEqual(told.requests, [
      "POST / 200 aws-signature",
      "POST / 200 aws-signature",
      "GET /layers/config?X-Amz-Signature=… 200 presigned-url",
    ]);
    assert.deepEqual(
      told.of("request").map(({ operation }) => operation),
      ["BatchGetImage", "GetDownloadUrlForLayer", null],
    );
    assert.doesNotMatch(told.text + JSON.stringify(told.steps), /planted|dummy-secret|AKIA/);
  });

  it("list each attempt of a call that the SDK retries", async () => {
    let calls = 0;
    ecr.handle = (seen, response) => {
      if (++calls === 1) exception(response, 500, "ServerException", "oops");
      else good(seen, response);
    };
    const told = await explain(`${host}/team/app:1`, { credentials: home.source() });
    assert.deepEqual(told.requests.slice(0, 2), ["POST / 500 aws-signature", "POST / 200 aws-signature"]);
  });

  it("list the denial of the API and the search for a docker login; the failure names both", async () => {
    ecr.handle = (_, response) => {
      exception(response, 400, "AccessDeniedException", "not authorized to perform ecr:BatchGetImage");
    };
    const told = await explain(`${host}/team/app:1`, { credentials: home.source() });
    assert.deepEqual(
      told.of("credential").map(({ places }) => places.map(({ outcome }) => outcome)),
      [["used"], ["none", "none", "none"]],
    );
    const { inspection } = told;
    assert.ok(!inspection.ok);
    assert.match(
      inspection.failure.login ?? "",
      /^the AWS identity of the default credential chain; then docker's: none found: DOCKER_AUTH_CONFIG is not set; /,
    );
  });
});
