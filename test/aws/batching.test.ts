import assert from "node:assert/strict";
import { acceptedManifestTypes, ociIndex, ociManifest } from "../../policypack/oci/media-types";
import { EcrClient } from "../../policypack/aws/ecr-client";
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
import { ManualClock } from "../../support/mocha/manual-clock";
import { eventually } from "../../support/mocha/eventually";
import { Signal } from "../../policypack/common/signal";
import { firedSignal } from "../../support/mocha/signals";

const registry = "123456789012.dkr.ecr.eu-west-3.amazonaws.com";
const name = { registry, repository: "team/app" };

const manifestOf = (tag: string): string => JSON.stringify({ schemaVersion: 2, tag });

/** Answers every tag with a manifest of its own. */
const everything: Handler = (seen, response) => {
  const images = idsOf(seen).map((imageTag) => {
    const imageManifest = manifestOf(imageTag);
    return {
      imageId: { imageTag, imageDigest: sha256(imageManifest) },
      imageManifest,
      imageManifestMediaType: ociManifest,
    };
  });
  json(response, { images, failures: [] });
};

describe("requests to private ECR", () => {
  const ecr = new FakeEcr();
  let client: EcrClient;
  before(() => ecr.start());
  useAwsEnvironment(() => ({ ...dummyKeys, AWS_ENDPOINT_URL_ECR: ecr.url, AWS_MAX_ATTEMPTS: "1" }));
  beforeEach(() => {
    ecr.seen.length = 0;
    ecr.handle = everything;
    client = new EcrClient();
  });
  afterEach(() => client.close());
  after(() => ecr.stop());

  it("for one repository go out in one call, identical ones once", async () => {
    const tags = ["a", "b", "c", "a", "b"];
    const outcomes = await Promise.all(tags.map((tag) => client.manifest(name, tag)));
    assert.deepEqual(
      outcomes.map((outcome) => outcome.ok && outcome.value.digest),
      tags.map((tag) => sha256(manifestOf(tag))),
    );
    assert.equal(ecr.seen.length, 1);
    const [call] = ecr.seen;
    assert.equal(call?.what, "BatchGetImage");
    assert.deepEqual(idsOf(call), ["a", "b", "c"]);
    assert.equal(call.body["registryId"], "123456789012");
    assert.equal(call.body["repositoryName"], "team/app");
    assert.deepEqual(call.body["acceptedMediaTypes"], acceptedManifestTypes);
    assert.match(String(call.headers.authorization), /\/eu-west-3\/ecr\/aws4_request/);
  });

  it("wait for more images until all are known, and use the default pause from then on", async () => {
    const complete = new Signal();
    const gathering = { quietMs: 60_000, longestMs: 60_000, until: complete };
    const clock = new ManualClock();
    const patient = new EcrClient({ gathering, clock });
    const waiting = ["a", "b"].map((tag) => patient.manifest(name, tag));
    await clock.pass(59_999);
    assert.equal(ecr.seen.length, 0);
    const later = patient.manifest(name, "c");
    complete.abort();
    assert.ok((await Promise.all([...waiting, later])).every((outcome) => outcome.ok));
    assert.deepEqual(ecr.seen.map(idsOf), [["a", "b", "c"]]);
    for (const repository of [name.repository, "another"]) {
      const next = patient.manifest({ ...name, repository }, "d");
      await clock.pass(5);
      assert.ok((await next).ok);
    }
    assert.equal(ecr.seen.length, 3);
    await patient.close();
  });

  it("fetch the credentials while they wait, and again with the call if that failed", async () => {
    const complete = new Signal();
    let fetched = 0;
    const identity = {
      key: "test",
      describe: "of a test",
      credentials: () =>
        Promise.resolve(() =>
          ++fetched === 1
            ? Promise.reject(new Error("not yet"))
            : Promise.resolve({ accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "dummy-secret" }),
        ),
    };
    const gathering = { quietMs: 60_000, longestMs: 60_000, until: complete };
    const patient = new EcrClient({ identity, gathering });
    const waiting = patient.manifest(name, "a");
    await eventually(() => fetched === 1);
    assert.equal(ecr.seen.length, 0);
    complete.abort();
    assert.ok((await waiting).ok);
    assert.equal(fetched, 2);
    await patient.close();
  });

  it("for more than 100 images go out in calls of at most 100", async () => {
    const tags = Array.from({ length: 250 }, (_, i) => `t${i}`);
    const outcomes = await Promise.all(tags.map((tag) => client.manifest(name, tag)));
    assert.ok(outcomes.every((outcome) => outcome.ok));
    assert.deepEqual(ecr.seen.map((call) => idsOf(call).length).sort(), [100, 100, 50]);
  });

  it("for different repositories, accounts and regions go out separately", async () => {
    const names = [
      name,
      { registry, repository: "other" },
      { registry: registry.replace("1234", "4321"), repository: "other" },
      { registry: registry.replace("eu-west-3", "eu-north-1"), repository: "other" },
    ];
    await Promise.all(names.map((one) => client.manifest(one, "t")));
    assert.equal(ecr.seen.length, names.length);
  });

  it("that come one after another share one call if the pause is long enough", async () => {
    const clock = new ManualClock();
    const patient = new EcrClient({ gathering: { quietMs: 1_000, longestMs: 10_000 }, clock });
    const outcomes: Promise<unknown>[] = [];
    for (let i = 0; i < 12; i++) {
      outcomes.push(patient.manifest(name, `t${i}`));
      await clock.pass(999);
    }
    await clock.pass(1_000);
    await Promise.all(outcomes);
    // The first call leaves after ten seconds, full or not.
    assert.deepEqual(
      ecr.seen.map((call) => idsOf(call).length),
      [11, 1],
    );
    await patient.close();
  });

  it("get their own answers if some images are missing", async () => {
    ecr.handle = (seen, response) => {
      if (idsOf(seen).length === 1) throw new Error("nothing is asked twice");
      const imageManifest = manifestOf("here");
      const images = [
        {
          imageId: { imageTag: "here", imageDigest: sha256(imageManifest) },
          imageManifest,
          imageManifestMediaType: ociIndex,
        },
      ];
      const failures = [
        {
          imageId: { imageTag: "gone" },
          failureCode: "ImageNotFound",
          failureReason: "Requested image not found",
        },
      ];
      json(response, { images, failures });
    };
    const [here, gone] = await Promise.all([client.manifest(name, "here"), client.manifest(name, "gone")]);
    assert.ok(here.ok && here.value.mediaType === ociIndex);
    assert.deepEqual(gone, {
      ok: false,
      failure: {
        kind: "missing",
        message: "ECR: ImageNotFound: Requested image not found",
        fix: "push the image first, or correct its tag or digest",
      },
    });
  });

  it("succeed beside an id that ECR cannot parse", async () => {
    ecr.handle = (seen, response) => {
      if (idsOf(seen).includes("bad"))
        exception(response, 400, "InvalidParameterException", "Invalid parameter at 'imageTag'");
      else everything(seen, response);
    };
    const tags = ["a", "b", "bad", "c", "d"];
    const outcomes = await Promise.all(tags.map((tag) => client.manifest(name, tag)));
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.ok ? "ok" : outcome.failure.kind)),
      ["ok", "ok", "missing", "ok", "ok"],
    );
  });

  it("are repeated for an image that came back under another of its tags", async () => {
    ecr.handle = (seen, response) => {
      const imageManifest = manifestOf("same");
      const image = { imageId: { imageTag: "v1", imageDigest: sha256(imageManifest) }, imageManifest };
      json(response, { images: idsOf(seen).map(() => image) });
    };
    const [one, other] = await Promise.all([client.manifest(name, "v1"), client.manifest(name, "latest")]);
    assert.ok(one.ok && other.ok);
    assert.equal(other.value.mediaType, ociManifest);
    assert.deepEqual(ecr.seen.map(idsOf), [["v1", "latest"], ["latest"]]);
  });

  it("fail for a manifest that does not match its digest", async () => {
    ecr.handle = (_seen, response) => {
      json(response, {
        images: [{ imageId: { imageTag: "t", imageDigest: sha256("other") }, imageManifest: "{}" }],
      });
    };
    const outcomes = await Promise.all([
      client.manifest(name, "t"),
      client.manifest({ ...name, repository: "b" }, sha256("asked")),
    ]);
    for (const outcome of outcomes) assert.ok(!outcome.ok && outcome.failure.kind === "malformed");
  });

  it("time out one by one, and the call ends with the last of them", async () => {
    let closed = false;
    ecr.handle = (_seen, response) => response.on("close", () => (closed = true));
    const first = new Signal();
    const second = new Signal();
    const outcomes = [client.manifest(name, "t", first), client.manifest(name, "t", second)];
    await eventually(() => ecr.seen.length > 0);
    first.abort();
    assert.deepEqual(await outcomes[0], {
      ok: false,
      failure: { kind: "timeout", message: "ECR did not answer in time" },
    });
    assert.equal(closed, false);
    second.abort();
    assert.equal((await outcomes[1]!).ok, false);
    ecr.handle = everything;
    assert.ok((await client.manifest(name, "t")).ok, "an abandoned answer is not kept");
    await eventually(() => closed);
  });

  it("that were aborted before they were sent cost no call", async () => {
    const clock = new ManualClock();
    const patient = new EcrClient({ clock });
    const outcome = await patient.manifest(name, "t", firedSignal());
    const abort = new Signal();
    const left = patient.manifest(name, "u", abort);
    abort.abort();
    assert.ok(!outcome.ok && !(await left).ok);
    assert.deepEqual(clock.waits, []);
    assert.equal(ecr.seen.length, 0);
    await patient.close();
  });
});

describe("a call of private ECR that fails", () => {
  const ecr = new FakeEcr();
  before(() => ecr.start());
  useAwsEnvironment(() => ({ ...dummyKeys, AWS_ENDPOINT_URL_ECR: ecr.url }));
  after(() => ecr.stop());

  /** Its first calls are refused: not by a throttling, after which the SDK waits five times as long. */
  const lookUp = async (refused: number) => {
    ecr.seen.length = 0;
    ecr.handle = (seen, response) => {
      if (ecr.seen.length <= refused) exception(response, 500, "ServerException", "try again");
      else everything(seen, response);
    };
    const client = new EcrClient();
    const outcome = await client.manifest(name, "t");
    await client.close();
    return { isRead: outcome.ok, calls: ecr.seen.length };
  };

  it("is repeated four times, as all images of a repository depend on it", async () => {
    assert.deepEqual(await lookUp(4), { isRead: true, calls: 5 });
    assert.deepEqual(await lookUp(5), { isRead: false, calls: 5 });
  });

  it("is repeated as often as AWS_MAX_ATTEMPTS says", async () => {
    process.env["AWS_MAX_ATTEMPTS"] = "2";
    try {
      assert.deepEqual(await lookUp(2), { isRead: false, calls: 2 });
    } finally {
      Reflect.deleteProperty(process.env, "AWS_MAX_ATTEMPTS");
    }
  });
});
