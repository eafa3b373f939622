import assert from "node:assert/strict";
import { shownPath } from "../../policypack/common/trace";

const hex = "0123456789abcdef".repeat(4);
const signature = "kXq2v8ZfT0Jm4RwBcYdL1sNhUe9GpA";

describe("a URL as it may be shown", () => {
  const rows: readonly (readonly [what: string, url: string, shown: string])[] = [
    ["keeps a registry's paths", "/v2/team/app_x/manifests/v1.2-RC_3", "/v2/team/app_x/manifests/v1.2-RC_3"],
    ["keeps digests", `/v2/app/blobs/sha256:${hex}`, `/v2/app/blobs/sha256:${hex}`],
    ["keeps encoded digests", `/v2/app/blobs/sha256%3A${hex}`, `/v2/app/blobs/sha256:${hex}`],
    [
      "keeps the query to a token service",
      "/token?service=ghcr.io&scope=repository%3Aa%2Fb%3Apull&account=me&client_secret=s",
      "/token?service=ghcr.io&scope=repository:a/b:pull&account=…&client_secret=…",
    ],
    [
      "hides an S3 signature",
      `/bucket/layer?X-Amz-Credential=AKIA%2F1&X-Amz-Signature=${hex}&X-Amz-Security-Token=t`,
      "/bucket/layer?X-Amz-Credential=…&X-Amz-Signature=…&X-Amz-Security-Token=…",
    ],
    ["hides an Azure signature", "/c/data?se=2026&sig=abc%3D&sv=2018", "/c/data?se=…&sig=…&sv=…"],
    ["hides parameters with unusual names", `/x?${signature}=1&a%20b=2`, "/x?…=…&…=…"],
    ["hides keys in the path", `/signed/${signature}/blob`, "/signed/…/blob"],
    ["hides bare hexadecimal in the path", `/signed/${hex}/blob`, "/signed/…/blob"],
    ["hides parameters in the path", "/blob;jsessionid=1/x", "/…/x"],
    ["hides what is encoded in the path", "/a/pass%20word/x", "/a/…/x"],
    ["hides tokens in the path", `/t/eyJhbGciOi.${signature}.x/y`, "/t/…/y"],
  ];
  for (const [what, url, shown] of rows)
    it(what, () => {
      assert.equal(shownPath(new URL(url, "https://registry.example")), shown);
    });

  it("is bounded and of one printable line", () => {
    const many = Array.from({ length: 100 }, (_, n) => `p${n}=1`).join("&");
    const shown = shownPath(new URL(`https://x.example/${"a/".repeat(2000)}?${many}&scope=%0a%1b[31m`));
    assert.ok(shown.length < 800, String(shown.length));
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(shown, /[\u0000-\u001f]/);
  });
});
