import { readFileSync } from "node:fs";
import net from "node:net";
import { RegistryClient } from "../../policypack/registry/client";

/** What the process does, as JSON in the file that its last argument names. */
export interface Journey {
  /** `host:port` of a registry that is reached on loopback. */
  readonly registry: string;
  readonly insecure: boolean;
  readonly names: Readonly<Record<string, readonly string[]>>;
  readonly asked: readonly Asked[];
}

export interface Asked {
  readonly noun: "manifest" | "blob";
  readonly repository: string;
  readonly mirrored: boolean;
}

/** The outcome of one request: where sockets went, and the words of the failure. */
export interface Travelled {
  readonly attempts: readonly string[];
  readonly ok: boolean;
  readonly kind: string;
  readonly message: string;
}

const { registry, insecure, names, asked } = JSON.parse(
  readFileSync(process.argv.at(-1) ?? "", "utf8"),
) as Journey;
const [host] = registry.split(":");
let attempts: string[] = [];

const connect: unknown = Reflect.get(net.Socket.prototype, "connect");
if (typeof connect !== "function") throw new TypeError("sockets connect");
net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
  this.on("connectionAttempt", (address: string, port: number) => attempts.push(`${address}:${port}`));
  return Reflect.apply(connect, this, args) as net.Socket;
};

/** Where the registry may lead is asked with `all` alone: there it is a public host. Sockets ask with more, and reach it here. */
const lookup: net.LookupFunction = (hostname, options, callback) => {
  const isQuestion = Object.keys(options).length === 1;
  const addresses = hostname === host ? [isQuestion ? "8.8.8.8" : "127.0.0.1"] : (names[hostname] ?? []);
  const found = addresses.map((address) => ({ address, family: net.isIP(address) }));
  const [first] = found;
  if (first === undefined) callback(Object.assign(new Error(hostname), { code: "ENOTFOUND" }), "");
  else if (options.all === true) callback(null, found);
  else callback(null, first.address, first.family);
};

async function travel({ noun, repository, mirrored }: Asked): Promise<Travelled> {
  attempts = [];
  const client = new RegistryClient({
    lookup,
    requestTimeoutMs: 20_000,
    ...(insecure ? { insecureRegistries: [registry] } : {}),
    ...(mirrored ? { mirrors: { "up.test": [registry] }, mirrorsOnly: true } : {}),
    credentials: () => Promise.resolve({ username: "u", password: "hunter2" }),
  });
  const name = { registry: mirrored ? "up.test" : registry, repository };
  const digest = `sha256:${"0".repeat(64)}`;
  const outcome =
    noun === "manifest" ? await client.manifest(name, "1") : await client.blob(name, digest, 1000);
  await client.close();
  const { kind, message } = outcome.ok ? { kind: "", message: "" } : outcome.failure;
  return { attempts, ok: outcome.ok, kind, message };
}

void (async () => {
  const travelled: Travelled[] = [];
  for (const one of asked) travelled.push(await travel(one));
  process.stdout.write(JSON.stringify(travelled));
})();
