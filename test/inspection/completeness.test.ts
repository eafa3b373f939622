import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import fc from "fast-check";
import { exitCode } from "../../policypack/cli/verdict";
import { Inspector } from "../../policypack/inspection/inspector";
import { unreadParts } from "../../policypack/inspection/inspected-image";
import { formatPlatform, type Platform } from "../../policypack/oci/platform";
import { SkippingClock } from "../../support/mocha/skipping-clock";
import { buildImage, pushImage, pushIndex } from "../../support/registry/images";
import { amd64, arm64 } from "../../support/registry/inspection";
import { judgedImage } from "../../support/registry/judged";
import { TestRegistry } from "../../support/registry/registry";

const requestTimeoutMs = 100_000;

/** Ways in which a registry fails to answer. */
const faults: Readonly<Record<string, (response: ServerResponse, clock: SkippingClock) => void>> = {
  "401": (response) => response.writeHead(401).end(),
  "403": (response) => response.writeHead(403).end('{"errors":[{"code":"DENIED"}]}'),
  "404": (response) => response.writeHead(404).end('{"errors":[{"code":"BLOB_UNKNOWN"}]}'),
  "429": (response) => response.writeHead(429).end(),
  "500": (response) => response.writeHead(500).end(),
  "no answer": (_, clock) => {
    clock.expire();
  },
  "broken connection": (response) => response.destroy(),
  "other bytes": (response) => response.writeHead(200).end("{}"),
};

/** Image names, each with the platform of its task. */
const images: readonly (readonly [name: string, platform: Platform])[] = [
  ["good", amd64],
  ["good", arm64],
  ["arm-alone", amd64],
  ["mixed", amd64],
  ["unlabelled", amd64],
  ["levels", amd64],
  ["wrong-count", amd64],
];

function pushAll(registry: TestRegistry): void {
  const gzip = (platform: Platform, content: string) =>
    buildImage({ layers: ["gzip", "gzip"], family: "oci", platform, content });
  const mixed = (platform: Platform, content: string) =>
    buildImage({ layers: ["gzip", "zstd"], family: "docker", platform, content });
  pushIndex(registry, "app", "good", [gzip(amd64, "a"), gzip(arm64, "b")], { attestations: true });
  pushImage(registry, "app", "arm-alone", gzip(arm64, "c"));
  pushImage(registry, "app", "mixed", mixed(amd64, "d"));
  pushIndex(registry, "app", "levels", [gzip(amd64, "e"), mixed({ ...amd64, variant: "v3" }, "f")]);
  pushImage(
    registry,
    "app",
    "wrong-count",
    buildImage({ layers: ["gzip"], family: "oci", missingDiffIds: 1 }),
  );
  const first = gzip(arm64, "g");
  const second = gzip(amd64, "h");
  for (const image of [first, second]) pushImage(registry, "app", undefined, image);
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const manifests = [first, second].map(({ digest }) => registry.descriptorOf("app", digest));
  registry.putManifest("app", "unlabelled", mediaType, { schemaVersion: 2, mediaType, manifests });
}

describe("the verdict", () => {
  let registry: TestRegistry;
  before(async () => {
    registry = await TestRegistry.start();
    pushAll(registry);
  });
  after(() => registry.stop());

  /** The verdict, with these faults for the requests to these paths, and the paths of all requests. */
  async function verdict(
    [name, platform]: (typeof images)[number],
    failing: ReadonlyMap<string, string>,
    sniffLayers: boolean,
  ) {
    const clock = new SkippingClock(requestTimeoutMs);
    registry.log.length = 0;
    registry.onRequest = ({ url = "" }, response) => {
      const fault = faults[failing.get(url) ?? ""];
      fault?.(response, clock);
      return fault !== undefined;
    };
    const inspector = new Inspector({
      sniffLayers,
      requestTimeoutMs,
      imageTimeoutMs: requestTimeoutMs,
      clock,
    });
    try {
      const image = `${registry.host}/app:${name}`;
      const inspection = await inspector.inspect(image, platform);
      const result = judgedImage(image, platform, inspection);
      const urls = [...new Set(registry.log.map(({ url }) => url))];
      return {
        status: exitCode([result]),
        findings: result.findings,
        unread: unreadParts(inspection),
        urls,
      };
    } finally {
      await inspector.close();
    }
  }

  const complete: readonly [name: string, platform: Platform, status: number, policy: string | undefined][] =
    [
      ["good", amd64, 0, undefined],
      ["good", arm64, 0, undefined],
      ["arm-alone", amd64, 1, "platform-mismatch"],
      ["mixed", amd64, 1, "mixed-layer-compression"],
      ["unlabelled", amd64, 1, "platform-mismatch"],
      ["levels", amd64, 1, "mixed-layer-compression"],
      ["wrong-count", amd64, 1, "unpullable-layers"],
    ];
  for (const [name, platform, status, policy] of complete)
    it(`on the image ${name} for ${formatPlatform(platform)} is ${policy ?? "ok"} if every request is answered`, async () => {
      const found = await verdict([name, platform], new Map(), false);
      assert.deepEqual([found.status, found.findings[0]?.policy], [status, policy]);
      assert.deepEqual(found.unread, []);
    });

  it("on a mixed manifest names the hosts that take it, if others take a good one", async () => {
    const { findings } = await verdict(["levels", amd64], new Map(), false);
    const [{ message } = { message: "" }] = findings;
    assert.match(message, /^pulls on dockerd 23 and later, .* on amd64\/v3,$/m);
    assert.doesNotMatch(message, /containerd 1\.x/);
  });

  for (const fault of Object.keys(faults)) {
    it(`on an image is unverified if its config cannot be read (${fault})`, async () => {
      const { urls } = await verdict(["arm-alone", amd64], new Map(), false);
      const config = urls.find((url) => url.includes("/blobs/"));
      assert.ok(config);
      const found = await verdict(["arm-alone", amd64], new Map([[config, fault]]), false);
      assert.equal(found.status, 2);
      assert.deepEqual(
        found.findings.map(({ policy }) => policy),
        ["unverified-image"],
      );
      assert.deepEqual(
        found.unread.map(({ part }) => part),
        ["config"],
      );
    });

    if (fault === "other bytes") continue;
    it(`on an image is unverified if sniffLayers is set and a layer cannot be read (${fault})`, async () => {
      const { urls } = await verdict(["good", amd64], new Map(), true);
      const plain = await verdict(["good", amd64], new Map(), false);
      const layers = urls.filter((url) => url.includes("/blobs/") && !plain.urls.includes(url)).slice(0, 2);
      const found = await verdict(["good", amd64], new Map(layers.map((url) => [url, fault])), true);
      assert.equal(found.status, 2, JSON.stringify(found));
      assert.ok(found.unread.some(({ part }) => /^(?:layer \d|config)$/.test(part)));
    });
  }

  it("is never ok if requests fail, unless it is ok if none fails", async function () {
    this.timeout(120_000);
    const choice = fc.record({
      image: fc.constantFrom(...images),
      sniffLayers: fc.boolean(),
      picks: fc.array(fc.tuple(fc.nat({ max: 6 }), fc.constantFrom(...Object.keys(faults))), {
        minLength: 1,
        maxLength: 4,
      }),
    });
    const answered = new Map<string, Awaited<ReturnType<typeof verdict>>>();
    await fc.assert(
      fc.asyncProperty(choice, async ({ image, sniffLayers, picks }) => {
        const key = JSON.stringify([image, sniffLayers]);
        const whole = answered.get(key) ?? (await verdict(image, new Map(), sniffLayers));
        answered.set(key, whole);
        const failing = new Map(
          picks.map(([at, fault]) => [whole.urls[at % whole.urls.length] ?? "", fault]),
        );
        const part = await verdict(image, failing, sniffLayers);
        if (part.status === 0) assert.equal(whole.status, 0);
      }),
      { seed: 20261127, numRuns: 300 },
    );
  });
});
