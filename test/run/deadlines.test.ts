import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { policiesOf } from "../../policypack/run/ecs-image-policies";
import { Session } from "../../policypack/run/session";
import { eventually } from "../../support/mocha/eventually";
import { ManualClock } from "../../support/mocha/manual-clock";
import { buildImage, pushImage } from "../../support/registry/images";
import { analyze, taskDefinition } from "../../support/engine/fake-engine";
import { TestRegistry } from "../../support/registry/registry";

const configuration = readFileSync(join(__dirname, "../../docs/configuration.md"), "utf8");

interface Deadline {
  readonly setting: string;
  /** Of no other wait. */
  readonly seconds: number;
  /** As `docs/configuration.md` has it. */
  readonly byDefault: number;
  /** How the registry wastes time. */
  readonly waste: (registry: TestRegistry, clock: ManualClock) => void;
  readonly says: RegExp;
}

const waitsOf = (clock: ManualClock, ms: number) => clock.waits.filter((one) => one === ms).length;

/** Answers nothing, and lets time pass once the run waits for the deadline, and for no other image (30 s each). */
const hang = (registry: TestRegistry, clock: ManualClock) => {
  registry.onRequest = () => {
    const isAlone = () => waitsOf(clock, 7_000) > 0 && waitsOf(clock, 30_000) === 1;
    void eventually(isAlone, "the deadline").then(() => clock.pass(7_000));
    return true;
  };
};

const deadlines: readonly Deadline[] = [
  {
    setting: "requestTimeoutSeconds",
    seconds: 7,
    byDefault: 10,
    waste: hang,
    says: /timeout: 127\.0\.0\.1:\d+ did not answer within 7 s/,
  },
  {
    setting: "imageTimeoutSeconds",
    seconds: 7,
    byDefault: 30,
    // Each request is in time, all of them together are not.
    waste: (registry, clock) => {
      registry.onRequest = ({ url = "" }, response) => {
        const isAlone = () => clock.now() > 0 || waitsOf(clock, 7_000) === 1;
        const passed = eventually(isAlone, "the deadline").then(() => clock.pass(1_400));
        void passed.then(() => response.writeHead(307, { location: `${url}?` }).end());
        return true;
      };
    },
    says: /timeout: the time for this image ended before 127\.0\.0\.1:\d+ answered/,
  },
  {
    setting: "timeBudgetSeconds",
    seconds: 7,
    byDefault: 60,
    waste: hang,
    says: /timeout: the time budget of 7 s for this run was used up first/,
  },
];

describe("the deadline", () => {
  let registry: TestRegistry;
  let honest: TestRegistry;
  before(async () => {
    [registry, honest] = [await TestRegistry.start(), await TestRegistry.start()];
    pushImage(honest, "app", "1", buildImage({ layers: ["gzip", "zstd"], family: "docker" }));
  });
  after(() => Promise.all([registry.stop(), honest.stop()]));

  for (const { setting, seconds, byDefault, waste, says } of deadlines)
    for (const mode of ["preview", "update"] as const)
      it(`${setting} ends the wait of ${mode === "preview" ? "a preview" : "an update"}, and no verdict on another image`, async () => {
        const clock = new ManualClock();
        waste(registry, clock);
        const said = await analyze(
          mode,
          [
            taskDefinition("mixed", { app: `${honest.host}/app:1` }),
            taskDefinition("slow", { app: `${registry.host}/app:1` }),
          ],
          // Given once, it holds for all policies.
          { "mixed-layer-compression": { [setting]: seconds } },
          policiesOf(new Session("mixed-layer-compression", {}, clock)),
        );
        assert.equal(clock.now(), seconds * 1000);
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
