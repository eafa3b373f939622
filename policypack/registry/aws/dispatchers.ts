import { Agent, type Dispatcher, EnvHttpProxyAgent } from "undici";
import { classOfHostname } from "../address";

const connectTimeout = 10_000;

/** The ways out to AWS: through the environment's proxy, and past it to this machine itself. */
export class Dispatchers {
  #loopback: Agent | undefined;
  #elsewhere: EnvHttpProxyAgent | undefined;

  /** Throws where the environment names a proxy by something that is no URL. */
  of(url: URL): Dispatcher {
    if (classOfHostname(url.hostname) === "loopback")
      return (this.#loopback ??= new Agent({ connectTimeout }));
    return (this.#elsewhere ??= new EnvHttpProxyAgent({ connectTimeout }));
  }

  async close(): Promise<void> {
    const open = [this.#loopback, this.#elsewhere];
    this.#loopback = undefined;
    this.#elsewhere = undefined;
    for (const dispatcher of open) await dispatcher?.destroy();
  }
}
