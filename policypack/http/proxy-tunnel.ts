import { Socket } from "node:net";
import { type buildConnector, Client } from "undici";
import { describeNetworkError, ProxyError } from "./errors";
import type { RetryClass } from "./messages";
import type { BadProxy, Proxy } from "./proxy-env";

export function badProxy({ variable }: BadProxy): ProxyError {
  const advice = "write it as http://host:port";
  return new ProxyError(`of ${variable}`, `is not a valid URL of an http or https proxy; ${advice}`, "final");
}

/** @param error what went wrong on the way to the proxy */
export function unreachableProxy(proxy: Proxy, error: unknown): ProxyError {
  const { kind, words, retry } = describeNetworkError(error);
  // The others would speak of the registry's scheme.
  const passesOn = retry === "transient" || retry === "late" || retry === "no-descriptor";
  return new ProxyError(nameOf(proxy), words, passesOn ? retry : "final", kind);
}

/** Why a proxy refuses, from the status of its answer. */
export function proxyRefusal(proxy: Proxy, status: number): ProxyError {
  const { variable, authorization } = proxy;
  const http = `HTTP ${status}`;
  const say = (words: string, retry: RetryClass) => new ProxyError(nameOf(proxy), words, retry);
  if (status === 407)
    return authorization === undefined
      ? say(`requires a login (${http}); put it into ${variable}, as http://user:password@host:port`, "final")
      : say(`does not accept the login in ${variable} (${http}); check user name and password`, "final");
  if (status === 429 || status >= 500) return say(`cannot reach it (${http}); try later`, "transient");
  // Many allow tunnels to port 443 only; a plain request may still pass.
  return say(
    `refuses to connect to it (${http}); have it allowed there, or add the host to NO_PROXY`,
    "refused",
  );
}

function nameOf({ name, variable }: Proxy): string {
  return `${name} (${variable})`;
}

/**
 * Connects to https servers through a tunnel of the proxy (CONNECT, RFC 9110 §9.3.6). undici's ProxyAgent does not hand out the socket,
 * tells why a proxy refuses only in an error's text, and gives no TLS session to another connection.
 *
 * @param toProxy connects to the proxy
 * @param toServer starts TLS in the tunnel
 */
export function tunnelThrough(
  proxy: Proxy,
  toProxy: buildConnector.connector,
  toServer: buildConnector.connector,
  timeoutMs: number,
): buildConnector.connector {
  return (options, callback) => {
    const port = options.port === "" ? "443" : options.port;
    const target = `${options.hostname.includes(":") ? `[${options.hostname}]` : options.hostname}:${port}`;
    const { authorization } = proxy;
    const headers = {
      host: target,
      ...(authorization !== undefined && { "proxy-authorization": authorization }),
    };
    const client = new Client(proxy.url.origin, { connect: toProxy, headersTimeout: timeoutMs });
    client.connect({ path: target, headers }).then(
      ({ statusCode, socket }) => {
        if (statusCode >= 200 && statusCode < 300 && socket instanceof Socket) {
          // The request that waits for the tunnel keeps the process alive; a tunnel that is not needed any more does not.
          toServer({ ...options, httpSocket: socket.unref() }, callback);
          return;
        }
        socket.on("error", () => undefined).destroy();
        callback(proxyRefusal(proxy, statusCode), null);
      },
      (error: unknown) => {
        callback(unreachableProxy(proxy, error), null);
      },
    );
  };
}
