import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type Certificate, issuedBy, selfSigned } from "../../support/network/certificate";
import { useProxyEnvironment } from "../../support/network/proxy";
import { sendJson, TestRegistry } from "../../support/registry/registry";
import type { Asked, Journey, Travelled } from "./led-astray.child";
import { manifest, manifestType } from "../../support/registry/client";

/** Where a registry may try to lead; `$` is the port of a server on this machine that must get no request. */
const astray = [
  ...["127.0.0.1:$", "127.0.0.1.:$", "127.1:$", "2130706433:$", "0x7f000001:$", "0x7f.1:$", "0177.0.0.1:$"],
  ...["0:$", "0.0.0.0:$", "%31%32%37.0.0.1:$", "１２７.0.0.1:$", "127。0。0。1:$", "u:p@127.0.0.1:$"],
  ...["registry.test@127.0.0.1:$", "registry.test%40127.0.0.1@127.0.0.1:$", "127.0.0.1:$\\@registry.test"],
  ...["localhost:$", "LOCALHOST:$", "localhost.:$", "x.localhost:$", "[::1]:$", "[::]:$", "[0:0::1]:$"],
  ...[
    "[::ffff:127.0.0.1]:$",
    "[::ffff:7f00:1]:$",
    "[::7f00:1]:$",
    "[64:ff9b::7f00:1]:$",
    "[2002:7f00:1::]:$",
  ],
  ...[
    "loopback.test:$",
    "loopback.test.:$",
    "both.test:$",
    "mapped.test:$",
    "six.test:$",
    "compatible.test:$",
  ],
  "storage.test:$",
  ...["10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "240.0.0.1", "private.test", "[fd00::1]"],
  ...["[64:ff9b:1::a00:1]", "[fec0::1]", "[2002:a00:1::]"],
];
/** Where no registry may lead, not even one that is declared insecure. */
const links = [
  ...["169.254.169.254", "169.254.170.2", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "metadata.test"],
  ...["[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]"],
  ...["[fe80::1]", "[fd00:ec2::254]", "[fd00:ec2::23]", "100.100.100.200", "168.63.129.16", "192.0.0.192"],
  ...["224.0.0.1", "255.255.255.255", "[ff02::1]", "u:p@169.254.169.254", "metadata.test."],
];
const names = {
  "loopback.test": ["127.0.0.1"],
  "loopback.test.": ["127.0.0.1"],
  "both.test": ["8.8.8.8", "127.0.0.1"],
  "mapped.test": ["::ffff:127.0.0.1"],
  "compatible.test": ["::127.0.0.1"],
  "six.test": ["::1"],
  "private.test": ["10.0.0.1"],
  "metadata.test": ["169.254.169.254"],
  "metadata.test.": ["169.254.169.254"],
  "storage.test": ["127.0.0.1"],
};
const places = [...astray, ...links];

/** The ways in which a registry names a place; the repository says which place. */
const ways: Readonly<Record<string, Pick<Asked, "noun" | "mirrored">>> = {
  "a manifest's redirect": { noun: "manifest", mirrored: false },
  "a blob's location": { noun: "blob", mirrored: false },
  "a mirror's redirect": { noun: "manifest", mirrored: true },
  "a token realm": { noun: "manifest", mirrored: false },
  "a token service's redirect": { noun: "manifest", mirrored: false },
  "a redirect after a redirect": { noun: "manifest", mirrored: false },
};

describe("a registry client", function () {
  this.timeout(120_000);
  useProxyEnvironment();
  let folder: string;
  let registry: TestRegistry;
  let sink: TestRegistry;
  let host: string;

  before(async function () {
    const authority = selfSigned("test authority");
    const tls = authority && issuedBy(authority, "registry.test");
    if (authority === undefined || tls === undefined) {
      assert.equal(process.env["CI"], undefined, "openssl is needed");
      console.log("      openssl is needed to make certificates");
      return this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-"));
    writeFileSync(join(folder, "ca.pem"), authority.cert);
    await open(tls, issuedBy(authority, "storage.test") ?? tls);
  });
  after(async () => {
    if ((registry as TestRegistry | undefined) === undefined) return;
    await Promise.all([registry.stop(), sink.stop()]);
    rmSync(folder, { recursive: true });
  });

  async function open(tls: Certificate, ofSink: Certificate): Promise<void> {
    [registry, sink] = [await TestRegistry.start({ tls }), await TestRegistry.start({ tls: ofSink })];
    host = `registry.test:${registry.port}`;
    sink.onRequest = (_, response) => {
      response
        .writeHead(200, { "content-type": manifestType })
        .end(JSON.stringify({ ...manifest, token: "t" }));
      return true;
    };
    registry.onRequest = ({ url = "", headers }, response) => {
      const at = new URL(url, registry.url);
      const [, way, target] = /^\/v2\/(\d+)\/(\d+)\//.exec(at.pathname) ?? [];
      const place = places[Number(target)]?.replace("$", String(sink.port));
      const location = `https://${place}/v2/app/manifests/1`;
      const realm = (url: string) => {
        response.setHeader(
          "www-authenticate",
          `Bearer realm="${Buffer.from(url.replaceAll("\\", "\\\\"), "utf8").toString("latin1")}"`,
        );
        sendJson(response, 401, {});
      };
      // UTF-8 on the wire, as some servers send it.
      const redirect = (url: string) =>
        response.writeHead(307, { location: Buffer.from(url, "utf8").toString("latin1") }).end();
      switch (way === undefined ? undefined : Object.keys(ways)[Number(way)]) {
        case "a token realm":
          realm(location);
          break;
        case "a token service's redirect":
          realm(
            `${registry.url.replace("127.0.0.1", "registry.test")}/token?to=${encodeURIComponent(location)}`,
          );
          break;
        case "a redirect after a redirect":
          redirect(at.searchParams.has("again") ? location : `${url}?again=1`);
          break;
        case undefined:
          assert.match(url, /^\/token/);
          assert.match(headers.authorization ?? "", /^Basic/);
          redirect(at.searchParams.get("to") ?? "");
          break;
        default:
          redirect(location);
      }
      return true;
    };
  }

  /** What a client does that trusts the authority; a process of its own, since Node reads NODE_EXTRA_CA_CERTS once. */
  async function journey(insecure: boolean, asked: readonly Asked[]): Promise<Travelled[]> {
    const program = join(__dirname, "led-astray.child.ts");
    const file = join(folder, "journey.json");
    const input: Journey = { registry: host, insecure, names, asked };
    writeFileSync(file, JSON.stringify(input));
    const child = spawn(process.execPath, ["--require", "tsx/cjs", program, file], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, "ca.pem") },
    });
    const travelled = JSON.parse(await text(child.stdout)) as Travelled[];
    assert.equal(travelled.length, asked.length);
    return travelled;
  }

  describe("led by a public registry", () => {
    let travelled: Travelled[];
    let connections: number;
    before(async () => {
      const asked = Object.values(ways).flatMap((way, n) =>
        places.map((_, i) => ({ ...way, repository: `${n}/${i}` })),
      );
      travelled = await journey(false, asked);
      ({ connections } = sink);
    });

    for (const [n, what] of Object.keys(ways).entries())
      it(`reaches no internal address by ${what}`, () => {
        for (const [i, place] of places.entries()) {
          const { attempts, ok, kind, message } = travelled[n * places.length + i]!;
          const seen = `${place}: ${attempts.join(" ")}; ${kind}: ${message}`;
          assert.ok(!ok, seen);
          assert.deepEqual([...new Set(attempts)], [`127.0.0.1:${registry.port}`], seen);
          assert.doesNotMatch(message, /hunter2|u:p/);
        }
        assert.equal(connections, 0);
      });
  });

  describe("with a registry that is declared insecure", () => {
    let travelled: Travelled[];
    const toThisMachine = Object.keys(ways).length;
    before(async () => {
      const place = places.indexOf("storage.test:$");
      const all = Object.values(ways);
      travelled = await journey(true, [
        ...all.map((way, n) => ({ ...way, repository: `${n}/${place}` })),
        ...all.flatMap((way, n) =>
          links.map((_, i) => ({ ...way, repository: `${n}/${astray.length + i}` })),
        ),
      ]);
    });

    it("reaches this machine in each of these ways, but never with its login for the registry", () => {
      for (const { attempts, kind, message } of travelled.slice(0, toThisMachine))
        assert.ok(attempts.includes(`127.0.0.1:${sink.port}`), `${kind}: ${message}`);
      assert.ok(sink.log.length >= toThisMachine);
      assert.ok(
        sink.log.every(({ url, headers }) => headers.authorization === undefined || url.includes("/v2/")),
        "a login went astray",
      );
    });

    it("reaches no link-local or metadata address in any of these ways", () => {
      for (const { attempts, ok, kind, message } of travelled.slice(toThisMachine)) {
        assert.ok(!ok);
        assert.deepEqual([...new Set(attempts)], [`127.0.0.1:${registry.port}`], `${kind}: ${message}`);
      }
    });
  });
});
