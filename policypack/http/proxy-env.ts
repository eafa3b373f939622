import { BlockList, isIP } from "node:net";
import { basicAuthorization, parseUrl } from "../common/text";
import { classOfHostname, familyOf, withoutBrackets } from "./address-rules";
import { portOf } from "./host-rules";

/** The HTTP proxy that the environment names for a URL. */
export interface Proxy {
  readonly url: URL;
  /** For messages: `host:port` as the variable gives it, without its login. */
  readonly name: string;
  /** `HTTPS_PROXY` or `HTTP_PROXY`, in the case in which it is set. */
  readonly variable: string;
  /** The value of Proxy-Authorization; undefined if the variable has no login. */
  readonly authorization: string | undefined;
  /** What would give its login away. */
  readonly secrets: readonly string[];
}

/** A variable that is set, but not to the URL of an http or https proxy. */
export interface BadProxy {
  readonly url: undefined;
  readonly variable: string;
}

/**
 * The proxy for a URL, read from the environment as docker and the Pulumi engine read it (golang.org/x/net/http/httpproxy):
 * `HTTPS_PROXY` for https, `HTTP_PROXY` for http, each else in lower case, and none for loopback hosts and what `NO_PROXY`
 * names.
 */
export function proxyFor(
  url: URL,
  env: Readonly<Record<string, string | undefined>>,
): Proxy | BadProxy | undefined {
  const [variable, text] = variableOf(env, url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY");
  if (text === "" || classOfHostname(url.hostname) === "loopback") return undefined;
  if (goesDirect(url, variableOf(env, "NO_PROXY")[1])) return undefined;
  const proxy = parseUrl(text.includes("://") ? text : `http://${text}`);
  if (proxy === undefined || !/^https?:$/.test(proxy.protocol) || proxy.hostname === "")
    return { url: undefined, variable };
  const [username, password] = [decoded(proxy.username), decoded(proxy.password)];
  const found = { url: proxy, name: proxy.host, variable };
  if (username === "" && password === "") return { ...found, authorization: undefined, secrets: [] };
  const authorization = basicAuthorization(username, password);
  return { ...found, authorization, secrets: [password, authorization.slice("Basic ".length)] };
}

function variableOf(env: Readonly<Record<string, string | undefined>>, name: string): [string, string] {
  const set = [name, name.toLowerCase()].find((one) => (env[one] ?? "").trim() !== "") ?? name;
  return [set, (env[set] ?? "").trim()];
}

/**
 * Whether an entry of NO_PROXY names the host: `*`, an address, a range of addresses (CIDR), a domain with all below it, or with a
 * dot before it only those below it; each but a range with a port, too.
 */
function goesDirect(url: URL, list: string): boolean {
  const host = withoutBrackets(url.hostname).replace(/\.$/, "");
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === "") return false;
      if (entry === "*") return true;
      if (entry.includes("/")) return inRange(host, entry);
      // An IPv6 address without brackets has no port, though it may look like one.
      const [, named = entry, port] = isIP(entry) === 0 ? (/^(.*):(\d+)$/.exec(entry) ?? []) : [];
      if (port !== undefined && port !== portOf(url)) return false;
      const name = withoutBrackets(named);
      if (isIP(name) !== 0) return inRange(host, name);
      const domain = name.replace(/^\*(?=\.)/, "").replace(/\.$/, "");
      return domain.startsWith(".") ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
    });
}

/** Whether an address lies in a range (CIDR), or is this very address. */
function inRange(host: string, range: string): boolean {
  const [address = "", given] = range.split("/");
  const family = isIP(address);
  const longest = family === 4 ? 32 : 128;
  const bits = given ?? String(longest);
  if (isIP(host) === 0 || family === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > longest) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), familyOf(address));
  return list.check(host, familyOf(host));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
