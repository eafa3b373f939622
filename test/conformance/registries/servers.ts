import { type ChildProcess, spawn } from "node:child_process";
import type { Certificate } from "../../../support/network/certificate";
import { endProcess, freePort, whenReady } from "../../../support/process/server-process";
import { DockerRegistry, type DockerRegistryOptions } from "../../../support/registry/docker-registry";
import { Pusher } from "../../../support/registry/pusher";
import { buildProgram, builtProgram, type GoProgram } from "../../../scripts/go-build";
import { crane } from "../../../scripts/peers";
import { Nginx } from "../../../support/network/nginx";
import type { RegistryName } from "./cases";

const distribution: GoProgram = {
  name: "registry",
  package: "github.com/distribution/distribution/v3/cmd/registry",
  version: "v3.0.0",
};

/** How a registry is started, as far as it can be. */
export type ServerOptions = Pick<DockerRegistryOptions, "login" | "tokens"> & { readonly tls?: Certificate };

/** A registry that runs. */
export interface Server extends Pusher {
  /** `127.0.0.1:port`. */
  readonly host: string;
  stop(): Promise<void>;
}

export function startServer(name: RegistryName, options: ServerOptions = {}): Promise<Server> {
  if (name === "go-containerregistry") return CraneRegistry.start();
  const binary = name === "distribution" ? builtProgram(distribution) : undefined;
  if (name === "distribution" && binary === undefined)
    throw new Error("distribution's registry is not built");
  return DockerRegistry.start({ ...options, ...(binary !== undefined && { binary }) });
}

/** go-containerregistry's registry, as `crane registry serve` runs it. */
class CraneRegistry extends Pusher implements Server {
  static async start(): Promise<CraneRegistry> {
    const file = builtProgram(crane);
    if (file === undefined) throw new Error("crane is not built");
    const host = `127.0.0.1:${await freePort()}`;
    const child = spawn(file, ["registry", "serve", "--address", host], { stdio: "ignore" });
    const registry = new CraneRegistry(host, child);
    await whenReady(child, `${registry.url}/v2/`);
    return registry;
  }

  private constructor(
    readonly host: string,
    private readonly child: ChildProcess,
  ) {
    super(`http://${host}`);
  }

  stop(): Promise<void> {
    return endProcess(this.child);
  }
}

/** Builds what Go can build of the parts, once. */
export async function buildParts(say: (line: string) => void): Promise<void> {
  for (const program of [crane, distribution]) await buildProgram(program, say);
}

/** The parts that this machine does not have, in words. */
export function missingParts(): string[] {
  const packages = [
    [DockerRegistry.available(), "Debian's package docker-registry"],
    [Nginx.available(), "Debian's package nginx-light"],
  ] as const;
  const programs = [crane, distribution].map(
    (program) =>
      [builtProgram(program) !== undefined, `${program.package}@${program.version}, built by Go`] as const,
  );
  return [...packages, ...programs].flatMap(([there, name]) => (there ? [] : [name]));
}
