import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endProcess, freePort, whenReady } from "../process/server-process";
import type { Certificate } from "./certificate";

const binary = "/usr/sbin/nginx";

/** One server of the proxy, on a port of its own, with TLS. */
export interface NginxServer {
  /** Its `location` blocks, in nginx's words. */
  readonly locations: string;
  /** Wants this login, by Basic. */
  readonly login?: { readonly username: string; readonly password: string };
}

/** The real nginx (Debian's `nginx-light`), as a proxy before registries. */
export class Nginx {
  static available(): boolean {
    return existsSync(binary);
  }

  /** @param tls for all servers, with `localhost` among its names, by an authority that this process trusts */
  static async start(tls: Certificate, servers: readonly NginxServer[]): Promise<Nginx> {
    const folder = await mkdtemp(join(tmpdir(), "ecs-image-guard-nginx-"));
    const path = (name: string) => join(folder, name);
    await writeFile(path("tls.crt"), tls.cert);
    await writeFile(path("tls.key"), tls.key);
    const ports: number[] = [];
    const blocks: string[] = [];
    for (const [n, { locations, login }] of servers.entries()) {
      const port = await freePort();
      ports.push(port);
      if (login) await writeFile(path(`users-${n}`), `${login.username}:{PLAIN}${login.password}\n`);
      const auth = login ? `auth_basic "test"; auth_basic_user_file ${path(`users-${n}`)};` : "";
      blocks.push(
        `server { listen 127.0.0.1:${port} ssl; ssl_certificate ${path("tls.crt")}; ssl_certificate_key ${path("tls.key")};
           client_max_body_size 0; proxy_set_header Host $http_host; ${auth} ${locations} }`,
      );
    }
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `${name}_temp_path ${path(name)};`)
      .join(" ");
    await writeFile(
      path("nginx.conf"),
      `daemon off; master_process off; pid ${path("pid")}; error_log ${path("error.log")};
       events {} http { access_log off; ${temporary} ${blocks.join("\n")} }`,
    );
    const args = ["-p", folder, "-e", path("error.log"), "-c", path("nginx.conf")];
    const nginx = new Nginx(spawn(binary, args, { stdio: "ignore" }), folder, ports);
    try {
      for (const port of ports) await whenReady(nginx.child, `https://localhost:${port}/`);
    } catch (error) {
      await nginx.stop();
      throw error;
    }
    return nginx;
  }

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    /** Of the servers, in their order. */
    readonly ports: readonly number[],
  ) {}

  async stop(): Promise<void> {
    await endProcess(this.child);
    await rm(this.folder, { recursive: true, force: true });
  }
}
