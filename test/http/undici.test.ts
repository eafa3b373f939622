import assert from "node:assert/strict";
import { bench, manifest, manifestType, runsByItself } from "../../support/registry/client";

describe("the HTTP library", () => {
  const { start } = bench();

  const moved = `const resolve = module.constructor._resolveFilename;
    module.constructor._resolveFilename = (name, ...more) => {
      if (name.startsWith("undici/")) throw new Error("moved");
      return resolve(name, ...more);
    };`;
  for (const [how, before] of [
    ["in parts", ""],
    ["as a whole, where its parts are elsewhere", moved],
  ] as const)
    it(`serves when it is loaded ${how}`, async () => {
      const registry = await start();
      registry.putManifest("app", "1", manifestType, manifest);
      const [code, output] = await runsByItself(
        `const asked = { registry: ${JSON.stringify(registry.host)}, repository: "app" };
        new RegistryClient().manifest(asked, "1").then(({ ok }) => {
          const whole = Object.keys(require.cache).some((name) => /undici.index\\.js$/.test(name));
          console.log(ok, whole);
        });`,
        before,
      );
      assert.deepEqual([code, output], [0, `true ${before !== ""}\n`]);
    });
});
