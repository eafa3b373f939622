import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Certificate } from "../network/certificate";
import { endProcess, freePort, whenReady } from "../process/server-process";
import { Pusher } from "./pusher";
import { type Signer, signToken, tokenService } from "./token-server";

const binaries = ["/usr/bin/docker-registry", "/usr/local/bin/docker-registry"];

/** The one user of a registry with a login. */
export const user = { username: "aladdin", password: "open sesame" };
// bcrypt is the only hash that the registry reads, and Node has none: this is the hash of the password above.
const passwordHash = "$2y$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW";

export interface DockerRegistryOptions {
  /** Basic, for the one user. */
  readonly login?: boolean;
  /** Tokens of this signer, from the service at this URL. */
  readonly tokens?: { readonly realm: string; readonly signer: Signer };
  /** Serve TLS; pushes go to `localhost`, so the certificate must be for that, by an authority that this process trusts. */
  readonly tls?: Certificate;
  /** Another build of distribution's registry. Default: Debian's. */
  readonly binary?: string;
}

/** Distribution's own registry, as Debian packages it (`docker-registry`) or another build, on a free port of this machine. */
export class DockerRegistry extends Pusher {
  /** Whether it is installed here; without it tests skip with a reason, but fail where CI is set. */
  static available(): boolean {
    return binaries.some((path) => existsSync(path));
  }

  static async start(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
    const { login = false, tokens, tls } = options;
    const folder = await mkdtemp(join(tmpdir(), "ecs-image-guard-registry-"));
    const host = `127.0.0.1:${await freePort()}`;
    const htpasswd = join(folder, "htpasswd");
    if (login) await writeFile(htpasswd, `${user.username}:${passwordHash}\n`);
    const [certificate, key] = [join(folder, "tls.crt"), join(folder, "tls.key")];
    if (tls !== undefined) {
      await writeFile(certificate, tls.cert);
      await writeFile(key, tls.key);
    }
    const rootcertbundle = join(folder, "tokens.pem");
    if (tokens !== undefined) await writeFile(rootcertbundle, tokens.signer.cert);
    // JSON is YAML.
    const config = {
      version: "0.1",
      log: { level: "error", accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(folder, "data") }, delete: { enabled: true } },
      http: { addr: host, ...(tls && { tls: { certificate, key } }) },
      // Otherwise it refuses layers of types that it does not know.
      validation: { disabled: true },
      ...(login ? { auth: { htpasswd: { realm: "test", path: htpasswd } } } : {}),
      ...(tokens ? { auth: { token: { realm: tokens.realm, ...tokenService, rootcertbundle } } } : {}),
    };
    const file = join(folder, "config.yml");
    await writeFile(file, JSON.stringify(config));
    const binary = options.binary ?? binaries.find((path) => existsSync(path)) ?? "docker-registry";
    const child = spawn(binary, ["serve", file], { stdio: "ignore" });
    const url = tls === undefined ? `http://${host}` : `https://localhost:${host.split(":")[1]}`;
    const registry = new DockerRegistry(host, url, folder, child, (repository) => {
      if (tokens !== undefined)
        return `Bearer ${signToken(tokens.signer, { repository, actions: ["pull", "push"] })}`;
      const basic = Buffer.from(`${user.username}:${user.password}`).toString("base64");
      return login ? `Basic ${basic}` : undefined;
    });
    try {
      await whenReady(child, `${url}/v2/`);
    } catch (error) {
      await registry.stop();
      throw error;
    }
    return registry;
  }

  private constructor(
    /** `127.0.0.1:port`, as it stands in image names. */
    readonly host: string,
    url: string,
    private readonly folder: string,
    private readonly child: ChildProcess,
    authorization: (repository: string) => string | undefined,
  ) {
    super(url, authorization);
  }

  async stop(): Promise<void> {
    await endProcess(this.child);
    await rm(this.folder, { recursive: true, force: true });
  }
}
