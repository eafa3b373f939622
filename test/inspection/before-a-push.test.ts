import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { Inspector, type InspectorOptions } from "../../policypack/inspection/inspector";
import { parseReference } from "../../policypack/oci/reference";
import { dummyKeys, FakeEcr, useAwsEnvironment } from "../../support/aws/fake-ecr";
import { EcrStore } from "../../support/aws/ecr-store";
import { eventually } from "../../support/mocha/eventually";
import { amd64, cachedBench } from "../../support/registry/cached-run";
import { buildImage, type ImageStore, pushImage } from "../../support/registry/images";

const [old, pushed] = ["old", "pushed"].map((content) =>
  buildImage({ layers: ["gzip"], family: "oci", content }),
) as [ReturnType<typeof buildImage>, ReturnType<typeof buildImage>];

/** The image is pushed again while its first request is under way, and inspected before that is answered. */
async function assertReadAfterPush(
  image: string,
  store: ImageStore,
  options: InspectorOptions,
  request: { readonly isHeld: () => boolean; readonly answer: () => void },
): Promise<void> {
  const inspector = new Inspector(options);
  const reference = parseReference(image);
  const prefetch = inspector.anticipate(reference, amd64);
  await eventually(request.isHeld);
  pushImage(store, "app", "1", pushed);
  inspector.forget(reference, amd64);
  const inspection = inspector.inspect(image, amd64);
  request.answer();
  const outcome = await inspection;
  assert.ok(outcome.ok);
  assert.equal(outcome.value.digest, pushed.digest);
  await prefetch;
  await inspector.close();
}

describe("an image that is pushed while a request for its tag is under way", () => {
  const bench = cachedBench();
  for (const [what, isCached] of [
    ["with a cache that knows the old one", true],
    ["without a cache", false],
  ] as const)
    it(`is read after the push, ${what}`, async () => {
      const { registry, directory } = bench;
      pushImage(registry, "app", "1", old);
      if (isCached) await bench.inspect("app:1");
      let held: ServerResponse | undefined;
      registry.onRequest = (_, response) => {
        const isFirst = held === undefined;
        held ??= response;
        return isFirst;
      };
      const fields = { "content-type": old.mediaType, "docker-content-digest": old.digest };
      const cache = isCached && { directory };
      await assertReadAfterPush(
        `${registry.host}/app:1`,
        registry,
        { cache },
        {
          isHeld: () => held !== undefined,
          answer: () => held?.writeHead(200, fields).end(held.req.method === "HEAD" ? "" : old.manifest),
        },
      );
    });

  describe("in ECR", () => {
    const ecr = new FakeEcr();
    before(() => ecr.start());
    useAwsEnvironment(() => ({ ...dummyKeys, AWS_ENDPOINT_URL_ECR: ecr.url, AWS_MAX_ATTEMPTS: "1" }));
    after(() => ecr.stop());

    it("is read after the push", async () => {
      const [earlier, store] = [new EcrStore(), new EcrStore()];
      pushImage(earlier, "app", "1", old);
      let answer: (() => void) | undefined;
      ecr.handle = (seen, response) => {
        if (answer !== undefined) store.answer(seen, response, ecr.url);
        answer ??= () => {
          earlier.answer(seen, response, ecr.url);
        };
      };
      await assertReadAfterPush(
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1",
        store,
        {},
        {
          isHeld: () => answer !== undefined,
          answer: () => answer?.(),
        },
      );
    });
  });
});
