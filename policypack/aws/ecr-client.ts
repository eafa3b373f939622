// aws/ reads private ECR, and logins from Secrets Manager. Read this client first. `batches.ts` gathers its calls, `ecr-api.ts` makes
// them, `failures.ts` has the words for failures, and `identity.ts` the caller.
import { type Clock, KeyedSemaphore, orAborted } from "../common/concurrency";
import { limits } from "../common/limits";
import { failure, type Outcome, success } from "../common/outcome";
import { printable } from "../common/text";
import { HostRules } from "../http/host-rules";
import type { Trace } from "../common/trace";
import { Transport } from "../http/transport";
import { verifyDigest } from "../oci/digest";
import type { FetchedManifest } from "../oci/manifest";
import { type Gathering, BatchedLookup, timeIsOver } from "./batches";
import { type Download, downloadBlob } from "./blob-download";
import { EcrApi, namesDigest, verified } from "./ecr-api";
import { type EcrHost, parseEcrHost } from "./ecr-hosts";
import { failureOf, imageFailure, isInvalidInput } from "./failures";
import { type AwsIdentity, defaultIdentity } from "./identity";
import { type PullThroughRule, pullThroughRule } from "./pull-through";
import type { RepositoryName } from "../oci/reference";
import { Signal } from "../common/signal";

export interface EcrOptions {
  /** Whose credentials are used. Default: the SDK's default provider chain. */
  readonly identity?: AwsIdentity;
  /** How long a lookup waits for others of its repository. Default: 5 ms of quiet, 50 ms at most. */
  readonly gathering?: Gathering;
  /** Bounds how long a lookup waits. Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Records the identity, and each request. Default: none. */
  readonly trace?: Trace;
  /** Sends the requests to ECR's storage; whoever gives it closes it. Default: one of its own. */
  readonly transport?: Transport;
}

type Answers = Map<string, Outcome<FetchedManifest>>;

/**
 * Private ECR through its API, one identity each: BatchGetImage for manifests, GetDownloadUrlForLayer for configs. Account and region
 * come from the registry's host. Nothing rejects: what goes wrong is a failure of a known kind, in AWS's words.
 */
export class EcrClient {
  readonly #identity: AwsIdentity;
  readonly #gathering: Gathering | undefined;
  readonly #clock: Clock | undefined;
  readonly #trace: Trace | undefined;
  readonly #apis = new Map<string, Promise<EcrApi>>();
  readonly #lookUps = new Map<string, BatchedLookup<FetchedManifest>>();
  /** The SDK counts the time that a call waits for one of its connections as the call's own. */
  readonly #downloadUrls = new KeyedSemaphore(limits.awsSdkConnections);
  readonly #storage: Transport;
  readonly #ownsStorage: boolean;

  #calls = 0;

  constructor(options: EcrOptions = {}) {
    this.#identity = options.identity ?? defaultIdentity;
    this.#gathering = options.gathering;
    this.#clock = options.clock;
    this.#trace = options.trace;
    this.#ownsStorage = options.transport === undefined;
    this.#storage =
      options.transport ?? new Transport(new HostRules(), { requestTimeoutMs: 30_000, trace: options.trace });
  }

  /**
   * Calls of the API so far, and downloads by a transport of its own; what the SDK requests for credentials is not counted.
   */
  get requests(): number {
    return this.#calls + (this.#ownsStorage ? this.#storage.requests : 0);
  }

  /** The manifest or index that a tag or digest names, as it was pushed; its bytes hash to its digest. */
  manifest(name: RepositoryName, tagOrDigest: string, signal?: Signal): Promise<Outcome<FetchedManifest>> {
    const host = parseEcrHost(name.registry);
    if (host === undefined) return Promise.resolve(notEcr(name.registry));
    const key = repositoryKey(name);
    let lookUps = this.#lookUps.get(key);
    if (lookUps === undefined) {
      // The SDK is loaded, and the credentials are fetched, while lookups wait for others.
      void this.#api(host).then(
        (api) => api.prepare(),
        () => undefined,
      );
      lookUps = new BatchedLookup(
        (ids, batch) => this.#manifests(host, name.repository, ids, batch),
        this.#gathering,
        this.#clock,
      );
      this.#lookUps.set(key, lookUps);
    }
    return lookUps.ask(tagOrDigest, signal);
  }

  /** A call for this manifest that is under way serves no later caller. */
  forget(name: RepositoryName, tagOrDigest: string): void {
    this.#lookUps.get(repositoryKey(name))?.forget(tagOrDigest);
  }

  /** A blob of at most `maxBytes` bytes whose content hashes to `digest`. */
  async blob(
    name: RepositoryName,
    digest: string,
    maxBytes: number,
    signal?: Signal,
  ): Promise<Outcome<Uint8Array>> {
    const bytes = await this.#download(name, digest, { maxBytes }, signal);
    return bytes.ok && !verifyDigest(digest, bytes.value)
      ? failure("malformed", `the content of blob ${printable(digest)} does not match its digest`)
      : bytes;
  }

  /**
   * The first bytes of a blob, `length` (at least 1) or fewer where the blob is shorter; for looking at magic numbers. They
   * are not verified: a digest covers the whole blob only.
   */
  blobStart(
    name: RepositoryName,
    digest: string,
    length: number,
    signal?: Signal,
  ): Promise<Outcome<Uint8Array>> {
    return this.#download(name, digest, { maxBytes: length, startOnly: true }, signal);
  }

  async #download(
    name: RepositoryName,
    digest: string,
    what: Omit<Download, "presigned">,
    signal: Signal | undefined,
  ): Promise<Outcome<Uint8Array>> {
    const host = parseEcrHost(name.registry);
    if (host === undefined) return notEcr(name.registry);
    const call = async () => {
      const api = await this.#api(host);
      if (signal?.aborted) return undefined;
      this.#calls++;
      return api.downloadUrl(host.account, name.repository, digest, signal);
    };
    let url: string | undefined;
    try {
      url = await orAborted(this.#downloadUrls.during(apiOf(host), call), signal);
    } catch (error) {
      return signal?.aborted ? timeIsOver() : failureOf(error, this.#identity.describe);
    }
    if (url === undefined) return failure("malformed", "ECR answered without a download URL");
    const own = signal ?? new Signal();
    const bytes = await downloadBlob({ ...what, presigned: url }, this.#storage, own);
    return own.aborted && !bytes.ok ? timeIsOver() : bytes;
  }

  /** The pull through cache rules of a registry. */
  async pullThroughRules(registry: string, signal: Signal): Promise<Outcome<readonly PullThroughRule[]>> {
    const host = parseEcrHost(registry);
    if (host === undefined) return notEcr(registry);
    try {
      const api = await this.#api(host);
      this.#calls++;
      const { pullThroughCacheRules: rules = [], nextToken } = await orAborted(
        api.pullThroughCacheRules(host.account, signal),
        signal,
      );
      // Rules that are not listed may have longer prefixes.
      if (nextToken !== undefined) return failure("unsupported", "ECR has more of them than one call lists");
      return success(
        rules.flatMap(
          ({ ecrRepositoryPrefix: prefix, upstreamRegistryUrl: url, upstreamRepositoryPrefix }) =>
            prefix === undefined || url === undefined
              ? []
              : [pullThroughRule(prefix, url, upstreamRepositoryPrefix)],
        ),
      );
    } catch (error) {
      return signal.aborted ? timeIsOver() : failureOf(error, this.#identity.describe);
    }
  }

  async close(): Promise<void> {
    const apis = await Promise.allSettled(this.#apis.values());
    this.#apis.clear();
    for (const api of apis) if (api.status === "fulfilled") api.value.close();
    if (this.#ownsStorage) await this.#storage.close();
  }

  #api(host: EcrHost): Promise<EcrApi> {
    const key = apiOf(host);
    let api = this.#apis.get(key);
    if (api === undefined) {
      api = EcrApi.open(host, this.#identity, this.#trace);
      this.#apis.set(key, api);
    }
    return api;
  }

  async #manifests(
    host: EcrHost,
    repository: string,
    ids: readonly string[],
    signal: Signal,
  ): Promise<Answers> {
    try {
      const api = await this.#api(host);
      this.#calls++;
      const { images = [], failures = [] } = await orAborted(
        api.batchGetImage(host.account, repository, ids, signal),
        signal,
      );
      const answers: Answers = new Map();
      const alone = ids.length === 1;
      for (const id of ids) {
        const image =
          images.find((one) => one.imageId?.[namesDigest(id) ? "imageDigest" : "imageTag"] === id) ??
          (alone ? images[0] : undefined);
        const failed =
          failures.find((one) => [one.imageId?.imageDigest, one.imageId?.imageTag].includes(id)) ??
          (alone ? failures[0] : undefined);
        if (image !== undefined) answers.set(id, verified(image, id));
        else if (failed !== undefined)
          answers.set(id, imageFailure(failed.failureCode, failed.failureReason, this.#identity.describe));
      }
      // An image of several tags may come back under another one than the requested; a single answer needs no name.
      const unanswered = alone ? [] : ids.filter((id) => !answers.has(id));
      return merge([
        answers,
        ...(await Promise.all(unanswered.map((id) => this.#manifests(host, repository, [id], signal)))),
      ]);
    } catch (error) {
      if (isInvalidInput(error) && ids.length > 1) return this.#halves(host, repository, ids, signal);
      const failed = failureOf(error, this.#identity.describe);
      return new Map(ids.map((id) => [id, withAdvice(failed, error, repository)] as const));
    }
  }

  /** One id that ECR cannot parse fails the whole call: halving finds it in few calls, and the others get their answers. */
  async #halves(host: EcrHost, repository: string, ids: readonly string[], signal: Signal): Promise<Answers> {
    const middle = Math.ceil(ids.length / 2);
    const halves = [ids.slice(0, middle), ids.slice(middle)];
    return merge(await Promise.all(halves.map((half) => this.#manifests(host, repository, half, signal))));
  }
}

function repositoryKey({ registry, repository }: RepositoryName): string {
  return JSON.stringify([registry.toLowerCase(), repository]);
}

/** Hosts of one API share its client. */
function apiOf({ region, fips, dualStack }: EcrHost): string {
  return [region, fips, dualStack].join();
}

/** ECR says "does not exist" too if a pull through cache may not create the repository (user guide, "Syncing an upstream registry"). */
function withAdvice(failed: Outcome<never>, error: unknown, repository: string): Outcome<never> {
  const cached =
    error instanceof Error && error.name === "RepositoryNotFoundException" && repository.includes("/");
  if (failed.ok || !cached) return failed;
  const { kind, message, ...more } = failed.failure;
  return failure(
    kind,
    `${message} (a pull through cache creates it at the first pull, if the identity has ecr:CreateRepository and ecr:BatchImportUpstreamImage)`,
    more,
  );
}

function merge(parts: readonly Answers[]): Answers {
  return new Map(parts.flatMap((part) => [...part]));
}

function notEcr(registry: string): Outcome<never> {
  return failure("unsupported", `${printable(registry)} is not a private ECR registry`);
}
