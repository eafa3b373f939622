import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { AnyResource, engineFor, EngineStack } from "../../support/engine/engine";
import { buildImage, pushImage, pushIndex } from "../../support/registry/images";
import { appeared, assertEnded } from "../../support/process/processes";
import { TestRegistry } from "../../support/registry/registry";
import { Home } from "../../support/registry/logins";

const amd64 = buildImage({ layers: ["gzip", "zstd"], family: "docker" });

describe("with the real Pulumi engine, a preview that is cancelled during requests to registries", function () {
  this.timeout(120_000);
  const stacks: EngineStack[] = [];
  const registries: TestRegistry[] = [];
  const { PATH: path = "", DOCKER_CONFIG: config } = process.env;
  let engineStack: (program: () => void) => Promise<EngineStack>;
  let home: Home;

  before(async function () {
    if (process.platform === "win32") return this.skip();
    const engine = await engineFor(this);
    engineStack = async (program) => {
      const stack = await EngineStack.create(engine, program);
      stacks.push(stack);
      return stack;
    };
  });
  beforeEach(async () => {
    home = await Home.create();
    process.env["PATH"] = `${home.path("bin")}:${path}`;
    process.env["DOCKER_CONFIG"] = home.folder;
  });
  afterEach(async () => {
    process.env["PATH"] = path;
    if (config === undefined) Reflect.deleteProperty(process.env, "DOCKER_CONFIG");
    else process.env["DOCKER_CONFIG"] = config;
    for (const stack of stacks.splice(0)) stack.remove();
    await Promise.all(registries.splice(0).map((registry) => registry.stop()));
    await home.remove();
  });

  async function start(options: Parameters<typeof TestRegistry.start>[0] = {}): Promise<TestRegistry> {
    const registry = await TestRegistry.start(options);
    registries.push(registry);
    return registry;
  }

  const ps = (column: string, pid: number) =>
    execFileSync("ps", ["-o", `${column}=`, "-p", String(pid)]).toString();

  /** The engine that runs a pack: its parent or, if a language host is between them, a process further up. */
  function engineOf(pack: number): number {
    for (let pid = Number(ps("ppid", pack)); pid > 1; pid = Number(ps("ppid", pid)))
      if (/pulumi.* preview/.test(ps("args", pid))) return pid;
    return assert.fail(`no engine runs process ${pack}`);
  }

  for (const [what, signal, target] of [
    ["by Ctrl-C", "SIGINT", "engine"],
    ["by SIGTERM", "SIGTERM", "engine"],
    ["by the end of the engine itself", "SIGKILL", "engine"],
    ["by the end of the pack itself", "SIGKILL", "pack"],
  ] as const)
    it(`${what} leaves neither the pack nor a credential helper, and a cache that serves the next run`, async () => {
      const [hanging, asking] = [
        await start(),
        await start({ access: { mode: "basic", username: "u", password: "p" } }),
      ];
      const digest = pushIndex(hanging, "app", "1", [amd64]);
      pushImage(asking, "app", "1", amd64);
      // The index comes whole, its manifest stops in the midst of its body.
      hanging.onRequest = ({ url = "" }, response) => {
        if (!url.endsWith(amd64.digest)) return false;
        response.writeHead(200, { "content-type": amd64.mediaType }).write(amd64.manifest.subarray(0, 20));
        return true;
      };
      await home.write("config.json", { credHelpers: { [asking.host]: "x" } });
      const pids = `echo $! > '${home.path("child")}'; echo $PPID > '${home.path("pack")}'; echo $$ > '${home.path("own")}'`;
      await home.helper("x", `sleep 60 & ${pids}; wait`);
      const stack = await engineStack(() => {
        for (const [name, image] of Object.entries({
          app: `${hanging.host}/app@${digest}`,
          api: `${asking.host}/app:1`,
        }))
          new AnyResource("aws:ecs/taskDefinition:TaskDefinition", name, {
            family: name,
            containerDefinitions: JSON.stringify([{ name: "c", image }]),
          });
      });
      const cancelled = stack.preview();
      const helper = Number(await appeared(home.path("own")));
      const [child, pack] = [
        Number(await appeared(home.path("child"))),
        Number(await appeared(home.path("pack"))),
      ];
      const engine = engineOf(pack);
      process.kill(target === "engine" ? engine : pack, signal);
      assert.equal((await cancelled).passed, false);
      for (const pid of [pack, helper, child]) await assertEnded(pid);

      hanging.onRequest = undefined;
      await home.helper("x", `echo '{"Username":"u","Secret":"p"}'`);
      const again = await stack.preview();
      const blocked = again.violations.filter(({ enforcementLevel }) => enforcementLevel === "mandatory");
      assert.deepEqual(
        blocked.map(({ policyName }) => policyName),
        Array(blocked.length).fill("mixed-layer-compression"),
      );
      assert.match(again.output, new RegExp(`${hanging.host}/app@${digest}`));
      assert.match(again.output, new RegExp(`${asking.host}/app:1`));
      assert.doesNotMatch(again.output, /unverified-image/);
    });
});
