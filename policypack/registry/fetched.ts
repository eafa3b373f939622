/** What a registry says of a tag or digest. */
export interface FetchedManifest {
  /** The bare content type that the registry states; may be "". */
  readonly mediaType: string;
  /** The digest of the bytes: the requested or the stated one where there is one, else their sha256. */
  readonly digest: string;
  readonly bytes: Uint8Array;
}

/** What a tag names at the moment. */
export interface ResolvedTag {
  readonly digest: string;
  /** The bare content type that the registry states; may be "". */
  readonly mediaType: string;
}
