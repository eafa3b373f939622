import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { base64, Home } from "../../support/registry/logins";
import { buildImage, pushImage } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

const command = join(__dirname, "../../dist/bin/cli.js");
const login = { username: "ci", password: "planted-password" };

interface Step {
  readonly step: string;
  readonly [field: string]: unknown;
}

describe("the command ecs-image-guard inspect --explain", () => {
  let registry: TestRegistry;
  let home: Home;
  before(async () => {
    home = await Home.create();
    registry = await TestRegistry.start({ access: { mode: "bearer", login } });
    for (const [repository, compression] of [
      ["good", "gzip"],
      ["bad", "zstd"],
    ] as const)
      pushImage(registry, repository, "1", buildImage({ layers: ["gzip", compression], family: "docker" }));
    const auth = base64(`${login.username}:${login.password}`);
    await home.write(".docker/config.json", { auths: { [registry.host]: { auth } } });
  });
  after(async () => {
    await home.remove();
    await registry.stop();
  });

  async function run(args: readonly string[], variables: Record<string, string> = {}) {
    const child = spawn(process.execPath, [command, "inspect", ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: home.env(variables),
    });
    const closed = new Promise<number | null>((resolve) => child.on("close", resolve));
    const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
    return { out, err, code };
  }

  it("prints each image's own steps before its verdict, aligned and free of secrets", async () => {
    const names = ["good", "bad"].map((name) => `${registry.host}/${name}:1`);
    const { out, err, code } = await run(["--explain", ...names]);
    assert.equal(code, 1, err);
    const lines = out.split("\n");
    const at = (start: string) => lines.findIndex((line) => line.startsWith(start));
    const order = [`explain  ${names[0]}`, "ok", `explain  ${names[1]}`, "blocked"].map(at);
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
    );
    assert.ok(order.every((line) => line >= 0));
    const steps = lines
      .slice(order[0]! + 1, order[1])
      .map((line) => /^ {2}(\S+) +/.exec(line)?.[1])
      .filter((step) => step !== undefined && step !== "");
    assert.deepEqual(steps, [
      ...[
        "reference",
        "registry",
        "request",
        "credential",
        "request",
        "request",
        "manifest",
        "request",
        "verdict",
      ],
    ]);
    assert.match(
      out,
      /^ {2}request {5}401 {2} +\d+ ms {2}GET http:\/\/127\.0\.0\.1:\d+\/v2\/good\/manifests\/1$/m,
    );
    assert.match(out, /used {4}\S+\/\.docker\/config\.json: its entry for 127/);
    assert.match(out, /^ {2}verdict {5}blocked$/m);
    assert.ok(!out.includes(login.password) && !out.includes(base64(`ci:${login.password}`)));
    assert.doesNotMatch(out, /token-\d/);
  });

  it("adds an array of steps to each image's JSON, the verdict last; without it there is none", async () => {
    const args = [`${registry.host}/bad:1`, "Not/A/Name", "--format", "json"];
    const images = async (more: string[]) => {
      const { out } = await run([...args, ...more]);
      return (JSON.parse(out) as { images: { explain?: Step[] }[] }).images;
    };
    const [bad, illegal] = await images(["--explain"]);
    assert.deepEqual(
      bad!.explain!.map(({ step }) => step),
      [
        ...["reference", "registry", "request", "credential", "request", "request", "manifest"],
        ...["request", "verdict"],
      ],
    );
    assert.deepEqual(bad!.explain!.at(-1), { step: "verdict", verdict: "blocked", reason: null });
    assert.deepEqual(
      illegal!.explain!.map(({ step, verdict }) => [step, verdict]),
      [["verdict", "blocked"]],
    );
    assert.ok((await images([])).every((image) => !("explain" in image)));
  });

  it("is named by a denial, which lists in one line where a login was searched", async () => {
    const image = `${registry.host}/good:1`;
    const { out, code } = await run([image], { DOCKER_CONFIG: home.path("nowhere") });
    assert.equal(code, 2);
    assert.ok(out.includes(`\n  details npx ecs-image-guard inspect --explain ${image}\n`), out);
    const words = out.replace(/\n {10}/g, " ");
    assert.ok(words.includes("login   none found: DOCKER_AUTH_CONFIG is not set; "), out);
    assert.ok(words.includes(`${home.path("nowhere", "config.json")} does not exist, nor `), out);
    const wide = out.split("\n").filter((line) => line.length > 82 && !line.includes(home.folder));
    assert.deepEqual(wide, []);

    const wrong = JSON.stringify({
      auths: { [registry.host]: { username: "ci", password: "planted-wrong" } },
    });
    const refused = await run([image], { DOCKER_AUTH_CONFIG: wrong });
    assert.match(
      refused.out,
      /login {3}DOCKER_AUTH_CONFIG \(its entry for 127\.0\.0\.1:\d+: a user name and/,
    );
    assert.doesNotMatch(refused.out, /planted/);
  });
});
