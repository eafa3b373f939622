import { ProxiedAgent } from "./proxied-agent";

/**
 * How the SDK's clients send their requests: bounded in time, and through the environment's proxies, which the SDK does not
 * know by itself. It hands this on to the clients that it makes itself to assume roles.
 */
export function requestHandlerOptions() {
  return {
    httpsAgent: new ProxiedAgent({ keepAlive: true, maxSockets: 50, connectTimeoutMs: 10_000 }),
    connectionTimeout: 10_000,
    requestTimeout: 30_000,
    throwOnRequestTimeout: true,
  };
}
