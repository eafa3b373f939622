import { createServer } from "node:net";
import type { AddressInfo, LookupFunction } from "node:net";
import { exitCode } from "../../../policypack/cli/verdict";
import { Inspector, type InspectorOptions } from "../../../policypack/inspection/inspector";
import { Nginx, type NginxServer } from "../../../support/network/nginx";
import { user } from "../../../support/registry/docker-registry";
import { buildImage } from "../../../support/registry/images";
import { judgedImage } from "../../../support/registry/judged";
import type { Pusher } from "../../../support/registry/pusher";
import { TokenServer } from "../../../support/registry/token-server";
import {
  type Case,
  cases,
  type ModeName,
  type RegistryName,
  registries,
  resultOf,
  type Task,
  testHost,
} from "./cases";
import { type Server, startServer } from "./servers";

const amd64 = { os: "linux", architecture: "amd64" };
const good = buildImage({ family: "docker", layers: ["gzip"], content: "good" });
const mixed = buildImage({ family: "docker", layers: ["gzip", "zstd"], content: "mixed" });
const behindIndex = buildImage({ family: "oci", layers: ["gzip"], content: "index", platform: amd64 });
const index = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [
      {
        mediaType: behindIndex.mediaType,
        digest: behindIndex.digest,
        size: behindIndex.manifest.length,
        platform: amd64,
      },
    ],
  }),
);

async function fill(registry: Pusher): Promise<void> {
  await registry.push("team/app", "good", good);
  await registry.push("team/app", "mixed", mixed);
  await registry.push("team/app", behindIndex.digest, behindIndex);
  await registry.putManifest("team/app", "index", "application/vnd.oci.image.index.v1+json", index);
}

/** Every name is one of this machine. */
const lookup: LookupFunction = (_hostname, { all }, callback) => {
  if (all === true) callback(null, [{ address: "127.0.0.1", family: 4 }]);
  else callback(null, "127.0.0.1", 4);
};

/** The guard's verdicts, as `good ok, mixed blocked`. */
async function verdicts(registry: string, options: InspectorOptions = {}): Promise<string> {
  const inspector = new Inspector({ lookup, credentials: () => Promise.resolve(undefined), ...options });
  const found = await Promise.all(
    ["good", "mixed", "index", "none"].map(async (tag) => {
      const image = `${registry}/team/app:${tag}`;
      const inspection = await inspector.inspect(image, amd64);
      const status = exitCode([judgedImage(image, amd64, inspection)]);
      return `${tag} ${inspection.ok ? ["ok", "blocked", "unverified"][status] : inspection.failure.kind}`;
    }),
  );
  await inspector.close();
  return found.join(", ");
}

const login = { credentials: () => Promise.resolve(user) };
const faults: Readonly<Partial<Record<ModeName, number | "hang">>> = {
  "nginx, configs answer 403": 403,
  "nginx, configs answer 404": 404,
  "nginx, configs answer 500": 500,
  "nginx, configs never answer": "hang",
};

/** The rows of one registry, one after another. */
async function run(name: RegistryName, { tls, signer }: Task, hangs: number): Promise<void> {
  const report = (row: Case, found: string) => {
    process.stdout.write(`${JSON.stringify(resultOf(row, found))}\n`);
  };
  const rows = cases.filter(({ registry }) => registry === name);
  const plain = await startServer(name);
  const tokens = new TokenServer(signer);
  await tokens.start();
  tokens.grant = (who, password, repository) =>
    who === user.username && password === user.password ? { repository, actions: ["pull"] } : undefined;
  const running: { stop(): Promise<void> }[] = [plain, tokens];
  const start = async (server: Promise<Server>): Promise<Server> => {
    const started = await server;
    running.push(started);
    await fill(started);
    return started;
  };
  try {
    await fill(plain);
    const behind = rows.filter(({ mode }) => mode.startsWith("nginx"));
    const nginx = await Nginx.start(
      tls,
      behind.map(({ mode }) => nginxServer(mode, plain.url, hangs)),
    );
    running.push(nginx);
    const native: Partial<Record<ModeName, () => Promise<string>>> = {
      plain: () => verdicts(plain.host),
      "TLS, own authority": async () => {
        const { url } = await start(startServer(name, { tls }));
        return verdicts(`${testHost}:${new URL(url).port}`);
      },
      "Basic login": async () => verdicts((await start(startServer(name, { login: true }))).host, login),
      "Basic login, without one": async () =>
        verdicts((await start(startServer(name, { login: true }))).host),
      "token login": async () =>
        verdicts((await start(startServer(name, { tokens: { realm: tokens.url, signer } }))).host, login),
      "token login, without one": async () =>
        verdicts((await start(startServer(name, { tokens: { realm: tokens.url, signer } }))).host),
    };
    for (const row of rows) {
      const port = nginx.ports[behind.indexOf(row)];
      const found = await (port === undefined
        ? (native[row.mode]?.() ?? Promise.reject(new Error(`nothing runs ${row.mode}`)))
        : throughNginx(row.mode, `${testHost}:${port}`));
      report(row, found);
    }
  } finally {
    for (const one of running.reverse()) await one.stop();
  }
}

function nginxServer(mode: ModeName, backend: string, hangs: number): NginxServer {
  const proxy = `location /v2/ { proxy_pass ${backend}; }`;
  if (mode.includes("a path"))
    return { locations: `location /v2/some/prefix/ { proxy_pass ${backend}/v2/; }` };
  const fault = faults[mode];
  if (fault === undefined)
    return { locations: proxy, ...(mode === "nginx with a Basic login" && { login: user }) };
  const answer = fault === "hang" ? `proxy_pass http://127.0.0.1:${hangs};` : `return ${fault};`;
  const configs = [good, mixed, behindIndex]
    .map(({ config }) => `location ~ /blobs/${config.digest}$ { ${answer} }`)
    .join(" ");
  return { locations: `${configs} ${proxy}` };
}

/** The fault rows are about images that are fine, where nothing but the config could say otherwise. */
async function throughNginx(mode: ModeName, host: string): Promise<string> {
  if (mode === "nginx with a path prefix") return verdicts(`${host}/some/prefix`);
  if (mode === "nginx as a mirror with a path")
    return verdicts("upstream.test", { mirrors: { "upstream.test": [`${host}/some/prefix`] } });
  if (mode === "nginx with a Basic login") return verdicts(host, login);
  if (faults[mode] === undefined) return verdicts(host);
  const [first = ""] = (await verdicts(host, { requestTimeoutMs: 1_000, imageTimeoutMs: 5_000 })).split(", ");
  return first;
}

void (async () => {
  const task = JSON.parse(process.argv.at(-1) ?? "") as Task;
  const hanging = createServer(() => undefined);
  await new Promise<void>((resolve) => {
    hanging.listen(0, "127.0.0.1", () => {
      resolve();
    });
  });
  for (const name of registries) await run(name, task, (hanging.address() as AddressInfo).port);
})().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
