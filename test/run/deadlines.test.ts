import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildImage, pushImage } from "../../support/registry/images";
import { analyze, taskDefinition } from "../../support/engine/fake-engine";
import { TestRegistry } from "../../support/registry/registry";

const configuration = readFileSync(join(__dirname, "../../docs/configuration.md"), "utf8");

interface Deadline {
  readonly setting: string;
  readonly seconds: number;
  /** As `docs/configuration.md` has it. */
  readonly byDefault: number;
  /** How the registry wastes time. */
  readonly waste: (registry: TestRegistry) => void;
  readonly says: RegExp;
}

const hang = (registry: TestRegistry) => {
  registry.onRequest = () => true;
};

const deadlines: readonly Deadline[] = [
  {
    setting: "requestTimeoutSeconds",
    seconds: 2,
    byDefault: 10,
    waste: hang,
    says: /timeout: 127\.0\.0\.1:\d+ did not answer within 2 s/,
  },
  {
    setting: "imageTimeoutSeconds",
    seconds: 2,
    byDefault: 30,
    // Each request is in time, all of them together are not.
    waste: (registry) => {
      registry.onRequest = ({ url = "" }, response) => {
        setTimeout(() => response.writeHead(307, { location: `${url}?` }).end(), 400);
        return true;
      };
    },
    says: /timeout: the time for this image ended before 127\.0\.0\.1:\d+ answered/,
  },
  {
    setting: "timeBudgetSeconds",
    seconds: 2,
    byDefault: 60,
    waste: hang,
    says: /timeout: the time budget of 2 s for this run was used up first/,
  },
];

describe("the deadline", () => {
  let registry: TestRegistry;
  let honest: TestRegistry;
  before(async () => {
    [registry, honest] = [await TestRegistry.start(), await TestRegistry.start()];
    pushImage(honest, "app", "1", buildImage({ layers: ["gzip", "zstd"], family: "docker" }));
    // What is loaded for the first image would count.
    await analyze("preview", [taskDefinition("first", { app: `${honest.host}/app:1` })]);
  });
  after(() => Promise.all([registry.stop(), honest.stop()]));

  for (const { setting, seconds, byDefault, waste, says } of deadlines)
    for (const mode of ["preview", "update"] as const)
      it(`${setting} ends the wait of ${mode === "preview" ? "a preview" : "an update"}, and no verdict on another image`, async () => {
        waste(registry);
        const began = performance.now();
        const said = await analyze(
          mode,
          [
            taskDefinition("mixed", { app: `${honest.host}/app:1` }),
            taskDefinition("slow", { app: `${registry.host}/app:1` }),
          ],
          // Given once, it holds for all policies.
          { "mixed-layer-compression": { [setting]: seconds } },
        );
        const took = (performance.now() - began) / 1000;
        // Less than any of the other deadlines takes.
        assert.ok(took >= seconds - 0.2 && took < 9, `${took} s`);
        const at = (name: string) => said.filter(({ urn }) => urn.endsWith(`::${name}`));
        assert.deepEqual(
          at("slow").map(({ policy, level }) => [policy, level]),
          [["unverified-image", "advisory"]],
        );
        assert.match((at("slow")[0]?.message ?? "").replaceAll(/\s+/g, " "), says);
        assert.ok(at("mixed").some(({ policy }) => policy === "mixed-layer-compression"));
        assert.match(configuration, new RegExp(`\\| \`${setting}\` +\\|.*\\| ${byDefault} +\\|`));
      });
});
