import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BuiltImage } from "./images";
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
}

/** Distribution's own registry, as Debian packages it (`docker-registry`), on a free port of this machine. */
export class DockerRegistry {
  /** Whether it is installed here; without it tests skip with a reason, but fail where CI is set. */
  static available(): boolean {
    return binaries.some((path) => existsSync(path));
  }

  static async start({ login = false, tokens }: DockerRegistryOptions = {}): Promise<DockerRegistry> {
    const folder = await mkdtemp(join(tmpdir(), "ecs-image-guard-registry-"));
    const host = `127.0.0.1:${await freePort()}`;
    const htpasswd = join(folder, "htpasswd");
    if (login) await writeFile(htpasswd, `${user.username}:${passwordHash}\n`);
    const rootcertbundle = join(folder, "tokens.pem");
    if (tokens !== undefined) await writeFile(rootcertbundle, tokens.signer.cert);
    // JSON is YAML.
    const config = {
      version: "0.1",
      log: { level: "error", accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(folder, "data") }, delete: { enabled: true } },
      http: { addr: host },
      // Otherwise it refuses layers of types that it does not know.
      validation: { disabled: true },
      ...(login ? { auth: { htpasswd: { realm: "test", path: htpasswd } } } : {}),
      ...(tokens ? { auth: { token: { realm: tokens.realm, ...tokenService, rootcertbundle } } } : {}),
    };
    const file = join(folder, "config.yml");
    await writeFile(file, JSON.stringify(config));
    const binary = binaries.find((path) => existsSync(path)) ?? "docker-registry";
    const child = spawn(binary, ["serve", file], { stdio: "ignore" });
    const registry = new DockerRegistry(host, folder, child, (repository) => {
      if (tokens !== undefined)
        return `Bearer ${signToken(tokens.signer, { repository, actions: ["pull", "push"] })}`;
      const basic = Buffer.from(`${user.username}:${user.password}`).toString("base64");
      return login ? `Basic ${basic}` : undefined;
    });
    try {
      await registry.#ready();
    } catch (error) {
      await registry.stop();
      throw error;
    }
    return registry;
  }

  private constructor(
    /** `127.0.0.1:port`, as it stands in image names. */
    readonly host: string,
    private readonly folder: string,
    private readonly child: ChildProcess,
    /** What lets a push to a repository through. */
    private readonly authorization: (repository: string) => string | undefined,
  ) {}

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = new Promise((resolve) => this.child.once("close", resolve));
      this.child.kill("SIGKILL");
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Uploads a blob in one piece (distribution-spec, "POST then PUT"). */
  async putBlob(repository: string, digest: string, bytes: Uint8Array): Promise<void> {
    const started = await this.#send(`/v2/${repository}/blobs/uploads/`, { method: "POST" }, 202);
    const location = new URL(started.headers.get("location") ?? "", `http://${this.host}`);
    location.searchParams.set("digest", digest);
    const headers = { "content-type": "application/octet-stream" };
    await this.#send(
      location.pathname + location.search,
      { method: "PUT", body: Buffer.from(bytes), headers },
      201,
    );
  }

  async putManifest(
    repository: string,
    reference: string,
    mediaType: string,
    body: Uint8Array,
  ): Promise<void> {
    const headers = { "content-type": mediaType };
    await this.#send(
      `/v2/${repository}/manifests/${reference}`,
      { method: "PUT", body: Buffer.from(body), headers },
      201,
    );
  }

  /** Pushes an image under a tag. */
  async push(repository: string, tag: string, image: BuiltImage): Promise<void> {
    for (const { digest, bytes } of [image.config, ...image.layers])
      await this.putBlob(repository, digest, bytes);
    await this.putManifest(repository, tag, image.mediaType, image.manifest);
  }

  async #ready(): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      if (this.child.exitCode !== null) throw new Error(`docker-registry ended with ${this.child.exitCode}`);
      try {
        await fetch(`http://${this.host}/v2/`);
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    throw new Error("docker-registry does not answer");
  }

  async #send(path: string, init: RequestInit, expected: number): Promise<Response> {
    const headers = new Headers(init.headers);
    const [, repository = ""] = /^\/v2\/(.+)\/(?:blobs|manifests)\//.exec(path) ?? [];
    const authorization = this.authorization(repository);
    if (authorization !== undefined) headers.set("authorization", authorization);
    const response = await fetch(`http://${this.host}${path}`, { ...init, headers });
    const text = await response.text();
    if (response.status !== expected)
      throw new Error(`${path.split("?")[0] ?? ""}: HTTP ${response.status} ${text}`);
    return response;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
}
