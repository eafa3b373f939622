import type { BuiltImage } from "./images";

/** Pushes to a registry by the distribution API. */
export class Pusher {
  /**
   * @param url the registry's, without a path
   * @param authorization what lets a push to a repository through
   */
  constructor(
    readonly url: string,
    private readonly authorization: (repository: string) => string | undefined = () => undefined,
  ) {}

  /** Uploads a blob in one piece (distribution-spec, "POST then PUT"). */
  async putBlob(repository: string, digest: string, bytes: Uint8Array): Promise<void> {
    const started = await this.#send(`/v2/${repository}/blobs/uploads/`, { method: "POST" }, 202);
    const location = new URL(started.headers.get("location") ?? "", this.url);
    location.searchParams.set("digest", digest);
    const headers = { "content-type": "application/octet-stream" };
    await this.#send(
      location.pathname + location.search,
      { method: "PUT", body: Buffer.from(bytes), headers },
      201,
    );
  }

  async putManifest(
    repository: string,
    reference: string,
    mediaType: string,
    body: Uint8Array,
  ): Promise<void> {
    const headers = { "content-type": mediaType };
    await this.#send(
      `/v2/${repository}/manifests/${reference}`,
      { method: "PUT", body: Buffer.from(body), headers },
      201,
    );
  }

  /** Pushes an image under a tag or its digest. */
  async push(repository: string, reference: string, image: BuiltImage): Promise<void> {
    for (const { digest, bytes } of [image.config, ...image.layers])
      await this.putBlob(repository, digest, bytes);
    await this.putManifest(repository, reference, image.mediaType, image.manifest);
  }

  async #send(path: string, init: RequestInit, expected: number): Promise<Response> {
    const headers = new Headers(init.headers);
    const [, repository = ""] = /^\/v2\/(.+)\/(?:blobs|manifests)\//.exec(path) ?? [];
    const authorization = this.authorization(repository);
    if (authorization !== undefined) headers.set("authorization", authorization);
    const response = await fetch(`${this.url}${path}`, { ...init, headers });
    const text = await response.text();
    if (response.status !== expected)
      throw new Error(`${path.split("?")[0] ?? ""}: HTTP ${response.status} ${text}`);
    return response;
  }
}
