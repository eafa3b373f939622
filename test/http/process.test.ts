import assert from "node:assert/strict";
import { bench, manifest, manifestType, runsByItself } from "../../support/registry/client";

describe("the process around the registry client", () => {
  const { start } = bench();
  it("ends while connections are idle, without a warning", async () => {
    const registry = await start();
    for (let n = 0; n < 30; n++) registry.putManifest(`app${n}`, "1", manifestType, manifest);
    const blob = registry.putBlob("app0", "{}");
    for (let n = 1; n < 30; n++) registry.putBlob(`app${n}`, "{}");
    let throttled = 0;
    registry.onRequest = (_, response) => {
      if (++throttled > 1) return false;
      response.writeHead(429, { "retry-after": "1" }).end();
      return true;
    };
    const program = `
      const client = new RegistryClient();
      const pulls = Array.from({ length: 30 }, (_, n) =>
        [client.manifest({ registry: ${JSON.stringify(registry.host)}, repository: "app" + n }, "1"),
          client.blob({ registry: ${JSON.stringify(registry.host)}, repository: "app" + n }, ${JSON.stringify(blob)}, 10)]).flat();
      Promise.all(pulls).then((outcomes) => console.log(outcomes.filter((one) => one.ok).length));`;
    assert.deepEqual(await runsByItself(program), [0, "60\n"]);
  });
});
