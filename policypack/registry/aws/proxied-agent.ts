import { Agent, type AgentOptions, type RequestOptions } from "node:https";
import type { Duplex } from "node:stream";
import type { buildConnector as Connectors } from "undici";
import { classOfHostname } from "../http/address";
import { describeNetworkError } from "../http/network-error";
import { proxyFor } from "../http/proxy";
import { badProxy, tunnelThrough } from "../http/tunnel";
import { buildConnector } from "../http/undici";

/** The connections of an https client that is not ours, such as the AWS SDK's: by the same proxies as our own. */
export class ProxiedAgent extends Agent {
  readonly #connect: Connectors.connector;
  readonly #timeoutMs: number;

  constructor({ connectTimeoutMs, ...options }: AgentOptions & { readonly connectTimeoutMs: number }) {
    super(options);
    this.#timeoutMs = connectTimeoutMs;
    this.#connect = buildConnector({ timeout: connectTimeoutMs });
  }

  override createConnection(
    options: RequestOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const hostname = options.host ?? options.hostname ?? "";
    const port = String(options.port ?? 443);
    const url = new URL(`https://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`);
    const proxy = classOfHostname(url.hostname) === "loopback" ? undefined : proxyFor(url, process.env);
    if (proxy === undefined || callback === undefined) return super.createConnection(options, callback);
    // The stream goes unused where there is an error (node:http, "agent.createConnection").
    const fail = (error: Error) => {
      const { words } = describeNetworkError(error);
      Reflect.apply(callback, undefined, [new Error(`${hostname} ${words}`, { cause: error })]);
    };
    if (proxy.url === undefined) {
      fail(badProxy(proxy));
      return undefined;
    }
    const through = { timeoutMs: this.#timeoutMs, lookup: undefined };
    const target = { hostname, port, protocol: "https:", servername: hostname };
    tunnelThrough(
      proxy,
      this.#connect,
      through,
    )(target, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else fail(error);
    });
    return undefined;
  }
}
