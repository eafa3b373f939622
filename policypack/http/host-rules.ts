import type { LookupFunction } from "node:net";
import { classOfHostname, type Reach, reachFrom } from "./address-rules";

export type Scheme = "http" | "https";

/** A registry or mirror as a place to send requests to. */
export interface Host {
  /** The name that people know it by; for messages, and the key of its credentials. */
  readonly name: string;
  /** `host[:port]` of its URLs. */
  readonly authority: string;
  /** What a mirror's entry puts before the repository, without slashes at its ends; "" for none. */
  readonly prefix: string;
  /** The schemes to try, in this order. */
  readonly schemes: readonly Scheme[];
}

/**
 * Which hosts may be asked without proven TLS: loopback ones and those declared insecure, as Docker does
 * (moby `registry/config.go`, `isSecureIndex`). Every other host is asked over verified https only.
 */
export class HostRules {
  readonly #insecure: ReadonlySet<string>;

  constructor(
    insecureRegistries: readonly string[] = [],
    private readonly lookup?: LookupFunction,
  ) {
    this.#insecure = new Set(insecureRegistries.map(bareName));
  }

  /** The place behind a registry's name, or a mirror's `host[:port][/prefix]`; undefined where the name is no host. */
  host(entry: string): Host | undefined {
    const [name = "", ...prefix] = entry
      .replace(/^https?:\/\//i, "")
      .replace(/\/+$/, "")
      .split("/");
    const authority = isDockerHub(name) ? "registry-1.docker.io" : name;
    if (!/^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d+)?$/i.test(authority)) return undefined;
    const url = parseUrl(`https://${authority}`);
    if (url === undefined) return undefined;
    return { name, authority, prefix: prefix.join("/"), schemes: this.#schemes(url) };
  }

  /** Whether this URL's host may be asked over plain http, and over https with a certificate that proves nothing. */
  mayBeInsecure(url: URL): boolean {
    if (classOfHostname(url.hostname) === "loopback") return true;
    const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
    return this.#insecure.has(url.host) || this.#insecure.has(`${url.hostname}:${port}`);
  }

  /** Where the host behind this URL may lead us by redirects and realms. */
  async reach(url: URL): Promise<Reach> {
    return this.mayBeInsecure(url) ? "loopback" : reachFrom(url.hostname, this.lookup);
  }

  #schemes(url: URL): readonly Scheme[] {
    if (classOfHostname(url.hostname) === "loopback") return ["http", "https"];
    return this.mayBeInsecure(url) ? ["https", "http"] : ["https"];
  }
}

/** Docker Hub's registry does not live at the domain of its images' names. */
function isDockerHub(name: string): boolean {
  return /^(?:index\.)?docker\.io$/i.test(name);
}

/** A registry's name as its settings key: people also write it as a URL, or Docker Hub by its older name. */
export function bareName(entry: string): string {
  const bare = entry
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, "")
    .replace(/\/+$/, "");
  return isDockerHub(bare) ? "docker.io" : bare;
}

/** Whether what people write names a registry: a `host[:port]`, which a mirror's `/prefix` may follow. */
export function isRegistryName(entry: string, { prefixed = false } = {}): boolean {
  const host = new HostRules().host(bareName(entry));
  return host !== undefined && (prefixed || host.prefix === "");
}

/** A URL, or undefined where the text is none. */
export function parseUrl(text: string, base?: URL): URL | undefined {
  return URL.canParse(text, base?.href) ? new URL(text, base) : undefined;
}
