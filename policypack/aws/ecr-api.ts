import type {
  BatchGetImageResponse,
  DescribePullThroughCacheRulesResponse,
  ECRClient,
  Image,
} from "@aws-sdk/client-ecr";
import { failure, type Outcome, success } from "../common/outcome";
import { printable } from "../common/text";
import type { Trace } from "../common/trace";
import { verifyDigest } from "../oci/digest";
import { acceptedManifestTypes, dockerSchema1, ociIndex, ociManifest } from "../oci/media-types";
import type { FetchedManifest } from "../oci/manifest";
import type { EcrHost } from "./ecr-hosts";
import type { AwsIdentity } from "./identity";
import { credentialsOf, quietSdk, requestHandlerOptions } from "./sdk-http";
import { traceCalls, tracedIdentity } from "./traced";
import { isRecord } from "../common/values";
import type { Signal } from "../common/signal";

/** The calls of the ECR API that a pull needs, and that of its pull through cache rules; they reject with whatever the SDK threw. */
export class EcrApi {
  readonly #client: ECRClient;
  readonly #sdk: typeof import("./sdk");

  private constructor(sdk: typeof import("./sdk"), client: ECRClient) {
    this.#sdk = sdk;
    this.#client = client;
  }

  /** The SDK is loaded here, at the first image in ECR: it costs a preview without one nothing. */
  static async open(host: EcrHost, identity: AwsIdentity, trace?: Trace): Promise<EcrApi> {
    quietSdk();
    const sdk = await import("./sdk");
    const client = new sdk.ECRClient({
      region: host.region,
      credentials: credentialsOf(trace === undefined ? identity : tracedIdentity(identity, host, trace)),
      // The SDK refuses an endpoint of one's own together with one of these two.
      ...(hasOwnEndpoint() ? {} : endpointFlags(host)),
      requestHandler: requestHandlerOptions(),
      ...(process.env["AWS_MAX_ATTEMPTS"] ? {} : { maxAttempts }),
    });
    if (trace !== undefined) traceCalls(client, trace);
    return new EcrApi(sdk, client);
  }

  /** Fetches the credentials; a failure is left to the first call, which tries again. */
  async prepare(): Promise<void> {
    await this.#client.config.credentials().catch(() => undefined);
  }

  batchGetImage(
    account: string,
    repository: string,
    ids: readonly string[],
    signal: Signal,
  ): Promise<BatchGetImageResponse> {
    const command = new this.#sdk.BatchGetImageCommand({
      registryId: account,
      repositoryName: repository,
      imageIds: ids.map((id) => (namesDigest(id) ? { imageDigest: id } : { imageTag: id })),
      acceptedMediaTypes: [...acceptedManifestTypes],
    });
    return this.#client.send(command, { abortSignal: signal.toAbortSignal() });
  }

  /** The presigned URL of a blob: whoever has it, query included, can read the blob for an hour. */
  async downloadUrl(
    account: string,
    repository: string,
    digest: string,
    signal: Signal | undefined,
  ): Promise<string | undefined> {
    const command = new this.#sdk.GetDownloadUrlForLayerCommand({
      registryId: account,
      repositoryName: repository,
      layerDigest: digest,
    });
    const options = signal === undefined ? {} : { abortSignal: signal.toAbortSignal() };
    return (await this.#client.send(command, options)).downloadUrl;
  }

  /** All rules of a registry: it has 50 at most (ECR user guide, "Amazon ECR service quotas"). */
  pullThroughCacheRules(account: string, signal: Signal): Promise<DescribePullThroughCacheRulesResponse> {
    const command = new this.#sdk.DescribePullThroughCacheRulesCommand({
      registryId: account,
      maxResults: 1000,
    });
    return this.#client.send(command, { abortSignal: signal.toAbortSignal() });
  }

  close(): void {
    this.#client.destroy();
  }
}

/**
 * More than the SDK's three, which give up a throttled call after some two seconds: all images of a repository depend on one. Each pause is
 * about twice as long as the one before; together they leave time of the 30 s of an image.
 */
const maxAttempts = 5;

/** Tags hold no colon (distribution reference grammar), digests do. */
export function namesDigest(tagOrDigest: string): boolean {
  return tagOrDigest.includes(":");
}

function hasOwnEndpoint(): boolean {
  const { AWS_ENDPOINT_URL_ECR: ecr, AWS_ENDPOINT_URL: every } = process.env;
  return Boolean(ecr) || Boolean(every);
}

/** A host that is neither leaves both to the environment, as the AWS command line does. */
function endpointFlags(host: EcrHost): { useFipsEndpoint?: true; useDualstackEndpoint?: true } {
  return {
    ...(host.fips ? { useFipsEndpoint: true } : {}),
    ...(host.dualStack ? { useDualstackEndpoint: true } : {}),
  };
}

/** The OCI distribution specification's bound for a manifest, which ECR keeps too: bytes. */
const maximumManifestBytes = 4 * 1024 * 1024;

/** The manifest of one image of BatchGetImage's answer, as it was pushed: its bytes hash to its digest. */
export function verified(image: Image, id: string): Outcome<FetchedManifest> {
  const bytes = Buffer.from(image.imageManifest ?? "", "utf8");
  const digest = namesDigest(id) ? id : (image.imageId?.imageDigest ?? "");
  if (bytes.length === 0)
    return failure("malformed", `ECR answered without the manifest of ${printable(id)}`);
  if (bytes.length > maximumManifestBytes)
    return failure(
      "malformed",
      `the manifest of ${printable(id)} is longer than ${maximumManifestBytes} bytes`,
    );
  if (!verifyDigest(digest, bytes))
    return failure(
      "malformed",
      `the manifest that ECR gave for ${printable(id)} does not match its digest ${printable(digest)}`,
    );
  return success({
    mediaType: image.imageManifestMediaType ?? mediaTypeOf(bytes.toString("utf8")),
    digest,
    bytes,
  });
}

/** Manifests pushed before ECR kept media types come without one; what the document is then shows in its fields. */
function mediaTypeOf(manifest: string): string {
  let document: unknown;
  try {
    document = JSON.parse(manifest);
  } catch {
    return ociManifest; // Whoever parses it says what is wrong.
  }
  if (!isRecord(document)) return ociManifest;
  if (typeof document["mediaType"] === "string") return document["mediaType"];
  if (document["schemaVersion"] === 1) return dockerSchema1;
  return "manifests" in document ? ociIndex : ociManifest;
}
