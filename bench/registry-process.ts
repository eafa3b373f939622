import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { TestRegistryOptions } from "../support/registry/registry";
import type { Limit, Order, Question, Reply, Traffic } from "./registry-server";

type Asked = Question extends infer Each ? (Each extends Question ? Omit<Each, "id"> : never) : never;

/** The tests' registry in a process of its own, so that it shares no event loop with what is measured. */
export class RegistryProcess {
  /** `127.0.0.1:port`, as it stands in image names. */
  host = "";
  readonly #child: ChildProcess;
  readonly #waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  #asked = 0;

  static async start(options: TestRegistryOptions, limit?: Limit): Promise<RegistryProcess> {
    const registry = new RegistryProcess();
    registry.host = String(await registry.#ask({ ask: "start", options, ...(limit && { limit }) }));
    return registry;
  }

  private constructor() {
    this.#child = fork(join(__dirname, "registry-server.ts"), {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#child.on("message", (reply: Reply) => {
      const asker = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if ("error" in reply) asker?.reject(new Error(`The registry: ${reply.error}`));
      else asker?.resolve(reply.value);
    });
    this.#child.on("exit", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("The registry's process ended."));
    });
  }

  /** Gives the images' names. */
  async publish(orders: readonly Order[]): Promise<string[]> {
    await this.#ask({ ask: "publish", orders });
    return orders.map(({ repository, tag }) => `${this.host}/${repository}:${tag}`);
  }

  /** Milliseconds before every answer. */
  async setLatency(ms: number): Promise<void> {
    await this.#ask({ ask: "latency", ms });
  }

  /** What the registry was asked while this work was done. */
  async during<T>(work: () => Promise<T>): Promise<{ result: T; traffic: Traffic }> {
    await this.#ask({ ask: "count anew" });
    const result = await work();
    return { result, traffic: (await this.#ask({ ask: "traffic" })) as Traffic };
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    if (this.#child.connected) this.#child.disconnect();
    await ended;
  }

  #ask(question: Asked): Promise<unknown> {
    const id = ++this.#asked;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, ...question }, (error) => {
        if (error !== null) reject(error);
      });
    });
  }
}

/** Images in repositories of their own, of one kind; the last ones of them mixed. */
export function orders(
  count: number,
  tag: string,
  { kind = "index", mixed = 0 }: { kind?: Order["kind"]; mixed?: number } = {},
): Order[] {
  return Array.from({ length: count }, (_, n) => ({
    repository: `team/service-${n}`,
    tag,
    kind,
    mixed: n >= count - mixed,
  }));
}
