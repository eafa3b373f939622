import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { LookupFunction } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Certificate, issuedBy, selfSigned } from "../../support/network/certificate";
import { useProxyEnvironment } from "../../support/network/proxy";
import type { TestRegistry } from "../../support/registry/registry";
import { assertFails, bench, manifest, manifestType, valueOf } from "../../support/registry/client";

/** DNS for names that are no loopback names but lead to loopback, where certificates are not taken on trust. */
function leadingTo(address: string): LookupFunction {
  return (_hostname, options, callback) => {
    const family = address.includes(":") ? 6 : 4;
    if (options.all === true) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
}

const lookup = leadingTo("127.0.0.1");
const named = ({ port }: TestRegistry) => ({ registry: `registry.test:${port}`, repository: "app" });

interface TrustingProcess {
  ask(question: { readonly name: object; readonly dns: Record<string, string[]> }): Promise<string>;
  stop(): void;
}

/** Starts a process that trusts the authority: Node reads NODE_EXTRA_CA_CERTS once, when it starts. */
function startTrusting(authority: Certificate): TrustingProcess {
  const folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-"));
  writeFileSync(join(folder, "ca.pem"), authority.cert);
  const program = `
    const { RegistryClient } = require(${JSON.stringify(join(__dirname, "../../policypack/registry/client"))});
    require("node:readline").createInterface({ input: process.stdin }).on("line", async (line) => {
      const { name, dns } = JSON.parse(line);
      const lookup = (host, options, callback) => {
        const address = dns[host].length > 1 ? dns[host].shift() : dns[host][0];
        options.all ? callback(null, [{ address, family: 4 }]) : callback(null, address, 4);
      };
      const outcome = await new RegistryClient({ lookup }).manifest(name, "1");
      console.log(JSON.stringify(outcome.ok ? "ok" : outcome.failure.message));
    });`;
  const child = spawn(process.execPath, ["--require", "tsx/cjs", "--eval", program], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, "ca.pem") },
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(question) {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      const answer = await answers.next();
      assert.ok(answer.done !== true, "the process ended without an answer");
      return JSON.parse(answer.value) as string;
    },
    stop() {
      child.kill();
      rmSync(folder, { recursive: true });
    },
  };
}

describe("a registry's certificate", () => {
  const { start, connect } = bench();
  useProxyEnvironment();
  let authority: Certificate;
  let child: TrustingProcess | undefined;
  after(() => child?.stop());
  before(function () {
    const made = selfSigned("test authority");
    if (made === undefined) {
      assert.equal(process.env["CI"], undefined, "openssl is needed");
      console.log("      openssl is needed to make certificates");
      this.skip();
    } else authority = made;
  });

  const bad: readonly (readonly [string, () => Certificate | undefined, RegExp])[] = [
    [
      "self-signed",
      () => selfSigned("registry.test"),
      /self-signed certificate \(.*\); add it to NODE_EXTRA_CA_CERTS/,
    ],
    [
      "of an unknown authority",
      () => issuedBy(authority, "registry.test"),
      /unknown authority \(.*\); add the authority to NODE_EXTRA_CA_CERTS/,
    ],
  ];
  for (const [what, make, words] of bad)
    it(`that is ${what} is reported, and no request is sent`, async () => {
      const tls = make();
      assert.ok(tls);
      const registry = await start({ tls });
      const outcome = await connect({ lookup }).manifest(named(registry), "1");
      assertFails(outcome, "unreachable", words);
      assert.match(outcome.ok ? "" : outcome.failure.message, /^registry\.test:\d+ presents /);
      assert.equal(registry.log.length, 0);
    });

  it("that cannot be verified is accepted from a registry declared insecure", async () => {
    const tls = selfSigned("elsewhere.test");
    assert.ok(tls);
    const registry = await start({ tls });
    registry.putManifest("app", "1", manifestType, manifest);
    const insecureRegistries = [`registry.test:${registry.port}`];
    valueOf(await connect({ lookup, insecureRegistries }).manifest(named(registry), "1"));
  });

  /** What a process that trusts the authority says of the registry. Its DNS gives each name's answers in turn, the last one for good. */
  async function trusting(
    registry: TestRegistry,
    dns: Record<string, string[]> = { "registry.test": ["127.0.0.1"] },
  ): Promise<string> {
    child ??= startTrusting(authority);
    return child.ask({ name: named(registry), dns });
  }

  for (const [what, host, days, words] of [
    ["is accepted", "registry.test", 2, /^ok$/],
    ["that has expired is reported", "registry.test", -1, /presents an expired certificate/],
    ["for another host is reported", "other.test", 2, /presents a certificate for another host name/],
  ] as const)
    it(`from an authority in NODE_EXTRA_CA_CERTS ${what}`, async () => {
      const tls = issuedBy(authority, host, days);
      assert.ok(tls);
      const registry = await start({ tls });
      registry.putManifest("app", "1", manifestType, manifest);
      assert.match(await trusting(registry), words);
    });

  it("does not let a public registry redirect to a name with a private address", async () => {
    const tls = issuedBy(authority, "registry.test");
    assert.ok(tls);
    const [registry, storage] = [await start({ tls }), await start({ tls })];
    registry.onRequest = (_, response) => {
      response.writeHead(307, { location: `https://storage.test:${storage.port}/` }).end();
      return true;
    };
    // Reached here in truth, a public host for whoever asks where it may lead.
    const dns = { "registry.test": ["127.0.0.1", "8.8.8.8"], "storage.test": ["127.0.0.1"] };
    assert.match(await trusting(registry, dns), /has an internal address, which the guard refuses/);
    assert.deepEqual([registry.log.length, storage.connections], [1, 0]);
  });
});

describe("a registry's addresses", () => {
  const { start, connect } = bench();
  useProxyEnvironment();

  it("may all be of IPv6", async function () {
    if (!Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1")))
      this.skip();
    const registry = await start({ address: "::1" });
    registry.putManifest("app", "1", manifestType, manifest);
    const insecureRegistries = [`registry.test:${registry.port}`];
    const client = connect({ lookup: leadingTo("::1"), insecureRegistries });
    valueOf(await client.manifest(named(registry), "1"));
    valueOf(await connect().manifest({ registry: `[::1]:${registry.port}`, repository: "app" }, "1"));
  });

  it("that cannot be reached are reported", async () => {
    const client = connect({ lookup: leadingTo("::1") });
    const outcome = await client.manifest({ registry: "registry.test:1", repository: "app" }, "1");
    assertFails(outcome, "unreachable", /refused the connection|cannot be reached from this network/);
  });
});
