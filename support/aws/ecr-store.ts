import type { ServerResponse } from "node:http";
import type { ImageStore } from "../registry/images";
import { digestOf } from "../registry/registry";
import { exception, idsOf, json, type Seen } from "./fake-ecr";

/** What is pushed to private ECR, as BatchGetImage, GetDownloadUrlForLayer and the storage behind give it. */
export class EcrStore implements ImageStore {
  readonly #manifests = new Map<string, { mediaType: string; body: string; digest: string }>();
  readonly #blobs = new Map<string, Buffer>();

  putManifest: ImageStore["putManifest"] = (repository, tag, mediaType, document) => {
    const body = bytesOf(document).toString("utf8");
    const digest = digestOf(body);
    for (const name of [digest, ...(tag === undefined ? [] : [tag])])
      this.#manifests.set(JSON.stringify([repository, name]), { mediaType, body, digest });
    return digest;
  };

  putBlob: ImageStore["putBlob"] = (_repository, body) => {
    const bytes = bytesOf(body);
    const digest = digestOf(bytes);
    this.#blobs.set(digest, bytes);
    return digest;
  };

  /** @param url where the presigned URLs lead */
  answer(seen: Seen, response: ServerResponse, url: string): void {
    const blob = this.#blobs.get(seen.what.replace("/blobs/", ""));
    if (seen.what === "BatchGetImage") {
      const repository = String(seen.body["repositoryName"]);
      json(response, { images: idsOf(seen).map((id) => this.#image(repository, id)), failures: [] });
    } else if (seen.what === "GetDownloadUrlForLayer")
      json(response, { downloadUrl: `${url}/blobs/${String(seen.body["layerDigest"])}` });
    else if (blob !== undefined) response.end(blob);
    else exception(response, 400, "ValidationException", `${seen.what} was not expected`);
  }

  #image(repository: string, id: string): object {
    const kept = this.#manifests.get(JSON.stringify([repository, id]));
    if (kept === undefined) throw new Error(`${repository} has no ${id}`);
    const { mediaType, body, digest } = kept;
    return {
      repositoryName: repository,
      imageId: { imageDigest: digest, ...(id === digest ? {} : { imageTag: id }) },
      imageManifest: body,
      imageManifestMediaType: mediaType,
    };
  }
}

function bytesOf(document: unknown): Buffer {
  if (document instanceof Uint8Array) return Buffer.from(document);
  return Buffer.from(typeof document === "string" ? document : JSON.stringify(document));
}
