import assert from "node:assert/strict";
import { identityOfProvider } from "../../../policypack/aws/identity";
import { parseReference } from "../../../policypack/oci/reference";
import {
  expectedImageKey,
  expectedOf,
  namedImage,
  toStackImage,
} from "../../../policypack/run/prefetch/expected-image";
import type { ReaderIdentity } from "../../../policypack/registry/reader-identity";
import { amd64 } from "../../../support/registry/cached-run";

describe("an image that a preview leaves to the next run", () => {
  const ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1";
  const keys = { accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "planted-secret" };
  const rows: [what: string, image: string, reader: ReaderIdentity, identity: RegExp | undefined][] = [
    ["in Docker Hub", "nginx:1", { identity: identityOfProvider(keys) }, undefined],
    ["in ECR", ecr, {}, /^default$/],
    [
      "in ECR with keys of a provider",
      ecr,
      { identity: identityOfProvider(keys) },
      /^settings:[0-9a-f]{64}$/,
    ],
  ];
  for (const [what, image, reader, identity] of rows)
    it(`is recognised by its identity, which is left without secrets: ${what}`, () => {
      const left = toStackImage({ image, platform: amd64, reader, users: [] });
      assert.ok(left !== undefined);
      if (identity === undefined) assert.equal(left.identity, undefined);
      else assert.match(left.identity ?? "", identity);
      const expected = expectedOf(left, []);
      assert.ok(expected !== undefined);
      assert.equal(
        expectedImageKey(expected),
        expectedImageKey(namedImage(parseReference(image), amd64, reader)),
      );
    });
});
