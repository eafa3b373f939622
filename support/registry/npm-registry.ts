import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { gzip, type ZlibOptions } from "node:zlib";
import { isRecord } from "../../policypack/common/values";

const checkout = resolve(__dirname, "../..");

/** A stand-in for npm's registry on a loopback port. It has the packages of this checkout's `node_modules`, and no others. */
export class NpmRegistry {
  /** `name@version` of each tarball that was fetched, in order. */
  readonly fetched: string[] = [];
  readonly #folders = foldersByName();
  /** By folder. */
  readonly #tarballs = new Map<string, Promise<Buffer>>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<NpmRegistry> {
    const server = createServer();
    const registry = new NpmRegistry(server);
    server.on("request", ({ url = "" }, response) => {
      registry.#answer(decodeURIComponent(url.replace(/^\/+/, "")), response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return registry;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }

  async #answer(path: string, response: ServerResponse): Promise<void> {
    const [, name = path, version] = /^(.+)\/-\/(.+)\.tgz$/.exec(path) ?? [];
    const versions = this.#folders.get(name);
    const folder = version === undefined ? undefined : versions?.get(version);
    if (folder !== undefined) {
      this.fetched.push(`${name}@${version ?? ""}`);
      response.end(await this.#tarball(folder));
    } else if (versions !== undefined && version === undefined) {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(await this.#packument(name, versions)));
    } else response.writeHead(404).end("{}");
  }

  async #packument(name: string, versions: ReadonlyMap<string, string>): Promise<object> {
    const manifests = await Promise.all(
      [...versions].map(async ([version, folder]) => {
        // yarn 1 needs the digest.
        const shasum = createHash("sha1")
          .update(await this.#tarball(folder))
          .digest("hex");
        const dist = { shasum, tarball: `${this.url}${name}/-/${version}.tgz` };
        return [version, { ...manifestIn(folder), version, dist }] as const;
      }),
    );
    return {
      name,
      "dist-tags": { latest: [...versions.keys()][0] },
      versions: Object.fromEntries(manifests),
      time: Object.fromEntries(manifests.map(([version]) => [version, "2020-01-01T00:00:00.000Z"])),
    };
  }

  #tarball(folder: string): Promise<Buffer> {
    const made = this.#tarballs.get(folder) ?? tarballOf(folder);
    this.#tarballs.set(folder, made);
    return made;
  }
}

/** Package → version → folder; the version at the root comes first. */
function foldersByName(): Map<string, Map<string, string>> {
  const { packages } = JSON.parse(readFileSync(join(checkout, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string }>;
  };
  const found = new Map<string, Map<string, string>>();
  for (const [folder, { version }] of Object.entries(packages)) {
    const name = folder.split("node_modules/").at(-1) ?? "";
    const versions = found.get(name) ?? new Map<string, string>();
    found.set(name, versions.set(version, join(checkout, folder)));
  }
  return found;
}

function manifestIn(folder: string): object {
  const manifest: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return isRecord(manifest) ? manifest : {};
}

/** Package managers strip the first folder of an archive, whatever its name. */
async function tarballOf(folder: string): Promise<Buffer> {
  const name = basename(folder);
  const args = ["-c", "-f", "-", "--exclude", `${name}/node_modules`, "-C", dirname(folder), name];
  const options = { encoding: "buffer", maxBuffer: 256 * 1024 * 1024 } as const;
  const { stdout } = await promisify(execFile)("tar", args, options);
  return promisify<Buffer, ZlibOptions, Buffer>(gzip)(stdout, { level: 1 });
}
