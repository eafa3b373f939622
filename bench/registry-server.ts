import {
  buildImage,
  type BuiltImage,
  type ImageSpec,
  pushImage,
  pushIndex,
} from "../support/registry/images";
import { TestRegistry, type TestRegistryOptions } from "../support/registry/registry";

/** An image to publish. */
export interface Order {
  readonly repository: string;
  readonly tag: string;
  /** `index`: of two platforms and their attestations, as BuildKit pushes; `plain`: for linux/amd64 alone. */
  readonly kind: "index" | "plain";
  /** Whether its layers mix gzip and zstd. Default: no. */
  readonly mixed?: boolean;
}

/** How many requests a registry answers; the others get HTTP 429. */
export interface Limit {
  readonly requestsPerSecond: number;
}

/** What a registry was asked since its counts began. */
export interface Traffic {
  readonly requests: number;
  readonly connections: number;
  /** Answers that asked for a login. */
  readonly unauthorized: number;
  /** Responses with HTTP 429. */
  readonly limited: number;
  readonly tokens: number;
  /** Of manifests and indexes, without those that were answered by 401. */
  readonly manifestGets: number;
  readonly manifestHeads: number;
  readonly blobs: number;
}

/** What the parent process may ask for; each answer has the number of its question. */
export type Question = { readonly id: number } & (
  | { readonly ask: "start"; readonly options: TestRegistryOptions; readonly limit?: Limit }
  | { readonly ask: "publish"; readonly orders: readonly Order[] }
  | { readonly ask: "latency"; readonly ms: number }
  | { readonly ask: "count anew" }
  | { readonly ask: "traffic" }
);

/** `value`: for `start` the registry's host, for `traffic` a Traffic. */
export type Reply = { readonly id: number } & ({ readonly value: unknown } | { readonly error: string });

let running: TestRegistry | undefined;
let earlierConnections = 0;

async function answer(question: Question): Promise<unknown> {
  if (question.ask === "start") {
    running = await TestRegistry.start(question.options);
    if (question.limit !== undefined) keepTo(running, question.limit);
    return running.host;
  }
  const registry = running;
  if (registry === undefined) throw new Error("the registry was not started");
  switch (question.ask) {
    case "publish":
      for (const order of question.orders) publish(registry, order);
      return undefined;
    case "latency":
      registry.latencyMs = question.ms;
      return undefined;
    case "count anew":
      registry.log.length = 0;
      earlierConnections = registry.connections;
      return undefined;
    case "traffic":
      return trafficOf(registry);
  }
}

/** Refuses what comes after so many requests of the last second. */
function keepTo(registry: TestRegistry, { requestsPerSecond }: Limit): void {
  const answered: number[] = [];
  registry.onRequest = (_, response) => {
    const now = performance.now();
    while (answered[0] !== undefined && answered[0] <= now - 1_000) answered.shift();
    if (answered.length >= requestsPerSecond) {
      response.writeHead(429, { "retry-after": "1" }).end();
      return true;
    }
    answered.push(now);
    return false;
  };
}

function trafficOf({ log, connections }: TestRegistry): Traffic {
  const count = (wanted: (request: (typeof log)[number]) => boolean) => log.filter(wanted).length;
  const manifests = (method: string) =>
    count((seen) => seen.method === method && seen.url.includes("/manifests/") && seen.status !== 401);
  return {
    requests: log.length,
    connections: connections - earlierConnections,
    unauthorized: count(({ status }) => status === 401),
    limited: count(({ status }) => status === 429),
    tokens: count(({ url }) => url.startsWith("/token")),
    manifestGets: manifests("GET"),
    manifestHeads: manifests("HEAD"),
    blobs: count(({ url, status }) => url.includes("/blobs/") && status !== 401),
  };
}

function publish(registry: TestRegistry, { repository, tag, kind, mixed = false }: Order): void {
  const built = (architecture: string): BuiltImage => {
    const spec: ImageSpec = {
      layers: mixed ? ["gzip", "zstd"] : ["gzip", "gzip"],
      family: mixed ? "docker" : "oci",
      platform: { os: "linux", architecture },
      content: `${repository}:${tag} for ${architecture}`,
    };
    return buildImage(spec);
  };
  if (kind === "plain") pushImage(registry, repository, tag, built("amd64"));
  else pushIndex(registry, repository, tag, [built("amd64"), built("arm64")], { attestations: true });
}

process.on("message", (question: Question) => {
  const { id } = question;
  const reply = (what: Reply) => process.send?.(what);
  answer(question).then(
    (value) => reply({ id, value }),
    (error: unknown) => reply({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});
// Whoever asked is gone.
process.on("disconnect", () => process.exit());
