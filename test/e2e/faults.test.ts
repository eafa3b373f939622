import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { FailureKind } from "../../policypack/common/outcome";
import { issuedBy, selfSigned } from "../../support/network/certificate";
import { AnyResource, type EngineRun } from "../../support/engine/engine";
import { engineStacks } from "../../support/engine/stacks";
import { brokenAt, everywhere, ofOneStep, type Step } from "../../support/engine/faults";
import { buildImage, pushImage, threeGzipTwelveZstd } from "../../support/registry/images";
import { useProxyEnvironment } from "../../support/network/proxy";
import { TestRegistry } from "../../support/registry/registry";

interface Row {
  readonly what: string;
  readonly image: string;
  readonly level: "advisory" | "mandatory";
  /** All of them stand in one finding. */
  readonly says: readonly RegExp[];
}

const limits = { requestTimeoutSeconds: 4, imageTimeoutSeconds: 12, timeBudgetSeconds: 60 };
const configs = [{ "mixed-layer-compression": { enforcementLevel: "mandatory", ...limits } }];
const nameOf = (what: string) => what.replaceAll(/[^A-Za-z0-9]+/g, "-");

function task(name: string, image: string, dependsOn: AnyResource[] = []): AnyResource {
  const props = { family: "app", containerDefinitions: JSON.stringify([{ name: "app", image }]) };
  return new AnyResource("aws:ecs/taskDefinition:TaskDefinition", name, props, { dependsOn });
}

/** What the policies said of a task definition, on one line each. */
function saidOf(run: EngineRun, name: string): string[] {
  return run.violations
    .filter(({ resourceUrn = "" }) => resourceUrn.endsWith(`::${name}`))
    .map(({ enforcementLevel, policyName, message }) =>
      `${enforcementLevel} ${policyName} ${message}`.replaceAll(/\s+/g, " "),
    );
}

/** The rows of which something else was said than they say. */
function unsaid(run: EngineRun, rows: readonly Row[]): string[] {
  return rows.flatMap(({ what, level, says }) => {
    const said = saidOf(run, nameOf(what));
    const fits = said.some((one) => one.startsWith(level) && says.every((words) => words.test(one)));
    const blocks = said.some((one) => one.startsWith("mandatory"));
    return fits && blocks === (level === "mandatory") ? [] : [`${what}: ${said.join("\n  ")}`];
  });
}

describe("with the real Pulumi engine and registries that fail in every way", function () {
  this.timeout(240_000);
  const setEnvironment = useProxyEnvironment();
  const registries: TestRegistry[] = [];
  const rows: Row[] = [];
  let folder = "";
  const engineStack = engineStacks();
  let honest: TestRegistry;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-faults-"));
    honest = await opened(TestRegistry.start());
    pushImage(honest, "app", "good", buildImage({ layers: ["gzip", "gzip"], family: "docker" }));
    pushImage(honest, "app", "mixed", buildImage({ layers: threeGzipTwelveZstd, family: "docker" }));
    for (const step of ["token", "index", "manifest", "config"] as const satisfies Step[])
      for (const fault of everywhere) await add(step, fault);
    for (const { step, ...fault } of ofOneStep) await add(step, fault);
    push("refused", "127.0.0.1:1/app:1", "unreachable", /refused the connection/);
    await playNames();
  });

  after(async () => {
    await Promise.all(registries.map((registry) => registry.stop()));
    for (const name of ["NODE_OPTIONS", "NODE_EXTRA_CA_CERTS", "ECS_IMAGE_GUARD_NAMES"])
      Reflect.deleteProperty(process.env, name);
    if (folder !== "") rmSync(folder, { recursive: true });
  });

  async function opened(starting: Promise<TestRegistry>): Promise<TestRegistry> {
    const registry = await starting;
    registries.push(registry);
    return registry;
  }

  async function add(step: Step, fault: (typeof everywhere)[number]): Promise<void> {
    const registry = await opened(brokenAt(step, fault));
    const [what, image] = [`${fault.what} at the ${step}`, `${registry.host}/app:1`];
    // The layers tell a mix without it.
    if (step === "config")
      rows.push({
        what,
        image,
        level: "mandatory",
        says: [/mixed-layer-compression/, /Mixes gzip and zstd layers/],
      });
    else push(what, image, fault.kind, fault.words);
  }

  function push(what: string, image: string, kind: FailureKind, words: RegExp): void {
    rows.push({ what, image, level: "advisory", says: [new RegExp(` problem ${kind}: `), words] });
  }

  /** Names and certificates: what loopback addresses alone cannot play. */
  async function playNames(): Promise<void> {
    const names: Record<string, string> = { "unknown.test": "ENOTFOUND", "later.test": "EAI_AGAIN" };
    push("unknown to DNS", "unknown.test/app:1", "unreachable", /is not known to DNS \(ENOTFOUND\)/);
    push("a DNS that fails", "later.test/app:1", "unreachable", /DNS did not answer \(EAI_AGAIN\)/);
    const authority = selfSigned("test authority");
    if (authority === undefined) console.log("      openssl is needed to make certificates");
    else {
      for (const [name, tls, words] of [
        ["self-signed.test", selfSigned("self-signed.test"), /self-signed certificate/],
        ["expired.test", issuedBy(authority, "expired.test", -1), /presents an expired certificate/],
        ["wrong-host.test", issuedBy(authority, "other.test"), /a certificate for another host name/],
        ["plain.test", undefined, /failed the TLS handshake [^]* insecureRegistries/],
      ] as const) {
        const { port } = await opened(TestRegistry.start(tls && { tls }));
        names[name] = "127.0.0.1";
        push(`TLS of ${name}`, `${name}:${port}/app:1`, "unreachable", words);
      }
      writeFileSync(join(folder, "ca.pem"), authority.cert);
      process.env["NODE_EXTRA_CA_CERTS"] = join(folder, "ca.pem");
    }
    process.env["NODE_OPTIONS"] = `--require ${resolve(__dirname, "../../support/network/play-names.cjs")}`;
    process.env["ECS_IMAGE_GUARD_NAMES"] = JSON.stringify(names);
  }

  it("a preview ends in time, names each fault, blocks the mixed image and lets the good one pass", async () => {
    setEnvironment({});
    const stack = await engineStack(() => {
      task("good", `${honest.host}/app:good`);
      for (const { what, image } of rows) task(nameOf(what), image);
      task("mixed", `${honest.host}/app:mixed`);
    });
    const began = performance.now();
    const run = await stack.preview({ configs });
    const seconds = (performance.now() - began) / 1000;
    assert.equal(run.passed, false);
    assert.deepEqual(saidOf(run, "good"), []);
    assert.match(saidOf(run, "mixed").join(), /^mandatory mixed-layer-compression/);
    assert.deepEqual(unsaid(run, rows), []);
    assert.doesNotMatch(run.output, /guard itself failed|\.js:\d+:\d+/);
    assert.ok(rows.length > 80, `${rows.length} faults`);
    assert.ok(seconds < limits.timeBudgetSeconds + 30, `${seconds} s`);
  });

  it("an update ends in time, creates what could not be checked, and not what is mixed", async () => {
    const some = rows.filter(({ what }) =>
      /^(hang at the index|reset at the manifest|page at the token|refused|TLS of exp)/.test(what),
    );
    const stack = await engineStack(() => {
      const before = some.map(({ what, image }) => task(nameOf(what), image));
      before.push(task("good", `${honest.host}/app:good`));
      task("mixed", `${honest.host}/app:mixed`, before);
    });
    const began = performance.now();
    const run = await stack.up({ configs });
    const seconds = (performance.now() - began) / 1000;
    assert.equal(run.passed, false);
    assert.deepEqual(unsaid(run, some), []);
    assert.match(saidOf(run, "mixed").join(), /mandatory mixed-layer-compression/);
    assert.deepEqual(stack.created().sort(), [...some.map(({ what }) => nameOf(what)), "good"].sort());
    assert.ok(seconds < limits.timeBudgetSeconds + 30, `${seconds} s`);
  });

  it("fails closed on each of them if unverified-image is mandatory", async () => {
    const some = rows.filter(({ what }) =>
      /^(drip at the manifest|truncated body at the index|refused)/.test(what),
    );
    const stack = await engineStack(() => {
      for (const { what, image } of some) task(nameOf(what), image);
    });
    const closed = [{ ...configs[0], "unverified-image": { enforcementLevel: "mandatory" } }];
    const run = await stack.preview({ configs: closed });
    assert.equal(run.passed, false);
    for (const { what } of some)
      assert.match(saidOf(run, nameOf(what)).join(), /^mandatory unverified-image/);
  });

  it("a registry that fails half-way causes one message for its other images, and none for other registries", async () => {
    const dying = await opened(TestRegistry.start());
    const images = Array.from({ length: 200 }, (_, n) => `app:${n}`);
    const image = buildImage({ layers: ["gzip"], family: "docker" });
    for (const n of images.keys()) pushImage(dying, "app", String(n), image);
    let stopped: Promise<void> | undefined;
    dying.onRequest = ({ url = "" }) => {
      if (/\/manifests\/\d+$/.test(url) && dying.requestsTo("/manifests/").length > 100)
        stopped ??= dying.stop();
      return stopped !== undefined;
    };
    const stack = await engineStack(() => {
      task("good", `${honest.host}/app:good`);
      for (const [n, name] of images.entries()) task(`app-${n}`, `${dying.host}/${name}`);
      task("mixed", `${honest.host}/app:mixed`);
    });
    const began = performance.now();
    const run = await stack.preview({ configs });
    const seconds = (performance.now() - began) / 1000;
    await stopped;
    assert.ok(stopped !== undefined, "it died");
    assert.match(saidOf(run, "mixed").join(), /mandatory mixed-layer-compression/);
    assert.deepEqual(saidOf(run, "good"), []);
    const told = run.violations.filter(({ policyName }) => policyName === "unverified-image");
    assert.equal(told.length, 1, told.map(({ message }) => message).join("\n"));
    assert.match(told[0]?.message ?? "", /^Not verified: the registry could not be reached: \d+ images/);
    assert.match(
      (told[0]?.message ?? "").replaceAll(/\s+/g, " "),
      /unreachable: 127\.0\.0\.1:\d+ refused the connection/,
    );
    const dead = Number(/(\d+) images/.exec(told[0]?.message ?? "")?.[1]);
    assert.ok(dead > 50 && dead <= 150, `${dead} images`);
    assert.ok(seconds < limits.timeBudgetSeconds + 30, `${seconds} s`);
  });
});
