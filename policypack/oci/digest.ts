import { hash } from "node:crypto";

/** Hex digits of each algorithm that runtimes can verify (image-spec `descriptor.md`, go-digest `algorithm.go`). */
const hexLengths: ReadonlyMap<string, number> = new Map([
  ["sha256", 64],
  ["sha384", 96],
  ["sha512", 128],
]);

/** No digest of a known algorithm comes near it; the pattern below never meets a text of a megabyte. */
const maximumLength = 512;

/**
 * What is wrong with a digest such as `sha256:<64 lower-case hex digits>`, as the end of a sentence that begins with
 * "its digest"; undefined if nothing is (go-digest, `Digest.Validate`). The words never echo the digest.
 */
export function digestProblem(digest: string): string | undefined {
  if (digest.length > maximumLength) return `has ${digest.length} characters, more than any digest has`;
  const match = /^([A-Za-z0-9]+(?:[.+_-][A-Za-z0-9]+)*):([a-zA-Z0-9=_-]+)$/.exec(digest);
  if (match === null) return "is not of the form algorithm:hex, such as sha256:<64 hex digits>";
  const [, algorithm = "", hex = ""] = match;
  const length = hexLengths.get(algorithm);
  if (length === undefined)
    return `is of an unknown algorithm; known are ${[...hexLengths.keys()].join(", ")}`;
  if (hex.length !== length) return `has ${hex.length} hex digits where ${algorithm} has ${length}`;
  return /^[a-f0-9]*$/.test(hex) ? undefined : "has other characters than lower-case hex digits";
}

export function isDigest(text: string): boolean {
  // Nearly every digest is of this form.
  return /^sha256:[a-f0-9]{64}$/.test(text) || digestProblem(text) === undefined;
}

/** The canonical digest, `sha256:<hex>`. */
export function sha256Of(bytes: Uint8Array): string {
  return `sha256:${hash("sha256", bytes)}`;
}

/** Whether the bytes are the ones that the digest names; false for an illegal digest too. */
export function verifyDigest(digest: string, bytes: Uint8Array): boolean {
  if (!isDigest(digest)) return false;
  const [algorithm = "", hex] = digest.split(":");
  return hash(algorithm, bytes) === hex;
}
