import assert from "node:assert/strict";
import { Inspector } from "../../policypack/inspection/inspector";
import { parseReference } from "../../policypack/oci/reference";
import { eventually } from "../../support/mocha/eventually";
import { SkippingClock } from "../../support/mocha/skipping-clock";
import { buildImage, pushImage } from "../../support/registry/images";
import { amd64 } from "../../support/registry/inspection";
import { TestRegistry } from "../../support/registry/registry";

const prefetched = Array.from({ length: 40 }, (_, n) => `expected${n}`);
const named = ["named0", "named1", "named2"];

describe("a registry that allows three requests a second, while 40 images are prefetched", () => {
  let registry: TestRegistry;
  let inspector: Inspector;
  let prefetches: Promise<void>[];
  let fetched: string[];

  /** The images are prefetched, and the registry limits their requests. */
  beforeEach(async () => {
    registry = await TestRegistry.start({ access: { mode: "bearer" } });
    for (const name of [...prefetched, ...named])
      pushImage(registry, name, "1", buildImage({ layers: ["gzip"], family: "oci", content: name }));
    const clock = new SkippingClock();
    const answered: number[] = [];
    let limited = 0;
    registry.onRequest = (_, response) => {
      if (answered.filter((at) => at > clock.now() - 1_000).length < 3) answered.push(clock.now());
      else response.writeHead(429, { "retry-after": "1" }).end(() => limited++);
      return response.headersSent;
    };
    inspector = new Inspector({ clock });
    fetched = [];
    prefetches = prefetched.map((name) =>
      inspector.anticipate(parseReference(imageOf(name)), amd64).then(() => void fetched.push(name)),
    );
    await eventually(() => limited > 0, "an answer of HTTP 429");
  });
  afterEach(async () => {
    await inspector.close();
    await registry.stop();
  });

  const imageOf = (name: string) => `${registry.host}/${name}:1`;
  const inspected = async (names: readonly string[]) => {
    const found = await Promise.all(names.map((name) => inspector.inspect(imageOf(name), amd64)));
    assert.ok(found.every(({ ok }) => ok));
  };

  it("serves images that the program names first", async () => {
    await inspected(named);
    assert.ok(fetched.length < prefetched.length / 2, `${fetched.length} prefetches`);
  });

  it("serves a prefetched image first from the time that the program names it", async () => {
    const last = prefetched.slice(-3);
    await inspected(last);
    const others = fetched.filter((name) => !last.includes(name));
    assert.ok(others.length < prefetched.length / 2, `${others.length} other prefetches`);
  });

  it("serves all prefetched images in the end", async () => {
    await Promise.all(prefetches);
    await inspected(prefetched);
  });
});
