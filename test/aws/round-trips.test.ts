import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { limits } from "../../policypack/common/limits";
import { Inspector } from "../../policypack/inspection/inspector";
import { parseReference } from "../../policypack/oci/reference";
import { namedImage } from "../../policypack/run/prefetch/expected-image";
import { Pushes } from "../../policypack/run/prefetch/push-dependencies";
import { UpdatePrefetch } from "../../policypack/run/prefetch/update-prefetch";
import { dummyKeys, FakeEcr, type Seen, useAwsEnvironment } from "../../support/aws/fake-ecr";
import { EcrStore } from "../../support/aws/ecr-store";
import { amd64 } from "../../support/registry/cached-run";
import { buildImage, pushImage, pushIndex } from "../../support/registry/images";

const host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
const repositories = 5;
const numbers = Array.from({ length: 100 }, (_, n) => n);
const content = (n: number) => `image ${n}`;

describe("a hundred images in five ECR repositories", () => {
  const ecr = new FakeEcr();
  before(() => ecr.start());
  useAwsEnvironment(() => ({ ...dummyKeys, AWS_ENDPOINT_URL_ECR: ecr.url, AWS_MAX_ATTEMPTS: "1" }));
  after(() => ecr.stop());

  const store = new EcrStore();
  /** Answers a round trip's calls once all of them have come: a client that waits for one before it sends the next never gets on. */
  function answerInRounds(sizes: readonly number[]): readonly string[][] {
    const rounds: string[][] = [];
    const parked: { seen: Seen; response: ServerResponse }[] = [];
    ecr.handle = (seen, response) => {
      parked.push({ seen, response });
      if (parked.length < (sizes[rounds.length] ?? 1)) return;
      rounds.push(parked.map(({ seen: { what } }) => what.replace(/^\/.*/, "download")));
      for (const call of parked.splice(0)) store.answer(call.seen, call.response, ecr.url);
    };
    return rounds;
  }
  const times = (count: number, what: string) => Array.from({ length: count }, () => what);
  const pass = times(repositories, "BatchGetImage");

  const previewed = async (images: readonly string[]) => {
    const inspector = new Inspector({ gathering: { quietMs: 60_000, longestMs: 60_000 } });
    const found = images.map((image) => inspector.inspect(image, amd64));
    inspector.hurry();
    return Promise.all(found).finally(() => inspector.close());
  };
  const updated = async (names: readonly string[]) => {
    const inspector = new Inspector();
    const images = names.map((name) => namedImage(parseReference(name), amd64, {}));
    const update = new UpdatePrefetch(inspector, { images, pushers: [] }, new Pushes());
    const found = [];
    for (const name of names) {
      update.nextResource();
      found.push(await update.inspect(name, amd64));
    }
    await inspector.close();
    return found;
  };

  const kinds: [what: string, push: (repository: string, n: number) => void, rounds: readonly string[][]][] =
    [
      [
        "take ten calls in two round trips if they are multi-platform",
        (repository, n) => {
          const platforms = ["amd64", "arm64"].map((architecture) => ({ os: "linux", architecture }));
          const built = platforms.map((platform) =>
            buildImage({ layers: ["gzip"], family: "oci", platform, content: content(n) }),
          );
          pushIndex(store, repository, `v${n}`, built, { attestations: true });
        },
        [pass, pass],
      ],
      [
        "take ten calls and five downloads in three round trips if they are single-platform and each repository has one config",
        (repository, n) => {
          pushImage(
            store,
            repository,
            `v${n}`,
            buildImage({ layers: ["gzip"], family: "oci", platform: amd64 }),
          );
        },
        [pass, times(repositories, "GetDownloadUrlForLayer"), times(repositories, "download")],
      ],
    ];
  for (const [what, push, rounds] of kinds)
    for (const [mode, inspect] of [
      ["a preview", previewed],
      ["an update after its preview", updated],
    ] as const)
      it(`${what}, in ${mode}`, async () => {
        for (const n of numbers) push(`app${n % repositories}`, n);
        const answered = answerInRounds(rounds.map(({ length }) => length));
        const found = await inspect(numbers.map((n) => `${host}/app${n % repositories}:v${n}`));
        assert.ok(found.every(({ ok }) => ok));
        assert.deepEqual(answered, rounds);
      });

  it("take five calls, and two requests for each config, if they are single-platform and each has a config of its own", async () => {
    for (const n of numbers) {
      const built = buildImage({ layers: ["gzip"], family: "oci", platform: amd64, content: content(n) });
      pushImage(store, `own${n % repositories}`, `v${n}`, built);
    }
    const answered = answerInRounds([repositories, limits.awsSdkConnections]);
    const found = await previewed(numbers.map((n) => `${host}/own${n % repositories}:v${n}`));
    assert.ok(found.every(({ ok }) => ok));
    assert.deepEqual(answered.slice(0, 2), [pass, times(limits.awsSdkConnections, "GetDownloadUrlForLayer")]);
    const count = (what: string) => answered.flat().filter((one) => one === what).length;
    assert.deepEqual(["BatchGetImage", "GetDownloadUrlForLayer", "download"].map(count), [5, 100, 100]);
  });
});
