import type { RegistryRouter } from "./router";

/** How an inspection reads documents. */
export interface Registries extends Pick<
  RegistryRouter,
  "manifest" | "blob" | "blobStart" | "close" | "requests"
> {
  /** Documents that were not fetched because they were there already. */
  readonly cacheHits?: number;
}
