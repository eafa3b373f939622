// common/ holds what every room uses and what needs no room: outcomes (this file), concurrency and clocks, text, values of resources.

/**
 * Why an image could not be checked. The words are part of the command's JSON output, so they never change meaning.
 *
 * - `missing`: the registry answered that the repository, the tag, the digest or a manifest for the platform does not exist
 * - `denied`: the registry answered 401 or 403, or the token service refused
 * - `throttled`: the registry kept answering 429 until the time for this image was over
 * - `unreachable`: no usable answer: DNS, refused or broken connections, TLS, 5xx
 * - `timeout`: the time budget ended first
 * - `malformed`: an answer that breaks the OCI or Docker specification, or whose digest does not match
 * - `unsupported`: a valid answer that is not a container image, or a transport that the guard refuses to use
 * - `invalid-reference`: the image name itself is not valid
 */
export type FailureKind =
  | "missing"
  | "denied"
  | "throttled"
  | "unreachable"
  | "timeout"
  | "malformed"
  | "unsupported"
  | "invalid-reference";

/**
 * What a failure proves, if anything: the registry answered, and no task can start from what it stores.
 *
 * - `wrong-platform`: the image exists, with manifests for other platforms only
 * - `no-image`: something is stored there that no container runtime takes for an image: an artifact, a retired format
 * - `unpullable`: every container runtime refuses its manifest
 * - `no-login`: the secret that should hold the registry's login does not exist, or holds none
 */
export type Proof = "wrong-platform" | "no-image" | "unpullable" | "no-login";

/** A failure is a value: what went wrong, in words for the person who reads it, free of secrets. */
export interface Failure {
  readonly kind: FailureKind;
  readonly message: string;
  readonly proves?: Proof;
  /** Of `denied`: which login was used, or why none was, in one line. */
  readonly login?: string;
  /** What to do about this cause: a clause. Without it, the kind decides. */
  readonly fix?: string;
}

/** Either the value, or why there is none. */
export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

export function success<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function failure(
  kind: FailureKind,
  message: string,
  more: Pick<Failure, "proves" | "fix"> = {},
): Outcome<never> {
  return { ok: false, failure: { kind, message, ...more } };
}
