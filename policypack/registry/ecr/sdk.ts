import type { BatchGetImageResponse, ECRClient } from "@aws-sdk/client-ecr";
import { acceptedManifestTypes } from "../../oci/media-types";
import { requestHandlerOptions } from "../aws/request-handler";
import { credentialsOf, quietSdk } from "../aws/sdk";
import type { EcrHost } from "./hosts";
import type { AwsIdentity } from "./identity";
import type { Trace } from "../trace/trace";
import { traceCalls, tracedIdentity } from "./traced";

/** The two calls of the ECR API that a pull needs; both reject with whatever the SDK threw. */
export class EcrApi {
  readonly #client: ECRClient;
  readonly #sdk: typeof import("@aws-sdk/client-ecr");

  private constructor(sdk: typeof import("@aws-sdk/client-ecr"), client: ECRClient) {
    this.#sdk = sdk;
    this.#client = client;
  }

  /** The SDK is loaded here, at the first image in ECR: it costs a preview without one nothing. */
  static async open(host: EcrHost, identity: AwsIdentity, trace?: Trace): Promise<EcrApi> {
    quietSdk();
    const sdk = await import("@aws-sdk/client-ecr");
    const client = new sdk.ECRClient({
      region: host.region,
      credentials: credentialsOf(trace === undefined ? identity : tracedIdentity(identity, host, trace)),
      // The SDK refuses an endpoint of one's own together with one of these two.
      ...(hasOwnEndpoint() ? {} : endpointFlags(host)),
      requestHandler: requestHandlerOptions(),
    });
    if (trace !== undefined) traceCalls(client, trace);
    return new EcrApi(sdk, client);
  }

  batchGetImage(
    account: string,
    repository: string,
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<BatchGetImageResponse> {
    const command = new this.#sdk.BatchGetImageCommand({
      registryId: account,
      repositoryName: repository,
      imageIds: ids.map((id) => (namesDigest(id) ? { imageDigest: id } : { imageTag: id })),
      acceptedMediaTypes: [...acceptedManifestTypes],
    });
    return this.#client.send(command, { abortSignal: signal });
  }

  /** The presigned URL of a blob: whoever has it, query included, can read the blob for an hour. */
  async downloadUrl(
    account: string,
    repository: string,
    digest: string,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    const command = new this.#sdk.GetDownloadUrlForLayerCommand({
      registryId: account,
      repositoryName: repository,
      layerDigest: digest,
    });
    // The SDK leaves its listeners on a signal; one derived from the caller's takes them along.
    return (
      await this.#client.send(command, signal === undefined ? {} : { abortSignal: AbortSignal.any([signal]) })
    ).downloadUrl;
  }

  close(): void {
    this.#client.destroy();
  }
}

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
