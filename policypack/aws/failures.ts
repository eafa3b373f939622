import { type Failure, failure, type FailureKind, type Outcome } from "../common/outcome";
import { printable } from "../common/text";
import { isRecord } from "../common/values";

/**
 * The names of AWS's errors, on both levels: exceptions of a call, failure codes of one image in BatchGetImage.
 * Sources: ECR API reference (BatchGetImage, GetDownloadUrlForLayer, ImageFailure, Common Errors); STS's Common Errors.
 */
const kinds: ReadonlyMap<string, FailureKind> = new Map(
  Object.entries({
    missing: [
      ...[
        "RepositoryNotFoundException",
        "ImageNotFoundException",
        "ImageNotFound",
        "ImageTagDoesNotMatchDigest",
        "ResourceNotFoundException",
      ],
      ...["LayersNotFoundException", "LayerInaccessibleException", "RegistryNotFoundException"],
      // What ECR's own grammar refuses cannot have been pushed there.
      ...["InvalidImageDigest", "InvalidImageTag", "InvalidParameterException", "ValidationException"],
      // ECS's error for a task definition that does not exist.
      "ClientException",
    ],
    denied: [
      ...["AccessDeniedException", "AccessDenied", "UnauthorizedException", "NotAuthorized", "OptInRequired"],
      ...[
        "ExpiredTokenException",
        "ExpiredToken",
        "RequestExpired",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
      ],
      ...[
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "IncompleteSignature",
        "IncompleteSignatureException",
      ],
      ...[
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "BlockedByOrganizationPolicyException",
      ],
      ...[
        "DecryptionFailure",
        "ImageInaccessible",
        "KmsError",
        "KmsException",
        "UpstreamAccessDenied",
        "SecretNotFoundException",
      ],
      ...["UnableToAccessSecretException", "UnableToDecryptSecretValueException", "InvalidIdentityToken"],
      ...["CredentialsProviderError", "ProviderError", "TokenProviderError", "IDPRejectedClaim"],
    ],
    throttled: [
      ...[
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
      ],
      ...[
        "RequestThrottled",
        "RequestThrottledException",
        "LimitExceededException",
        "SlowDown",
        "UpstreamTooManyRequests",
      ],
    ],
    unreachable: [
      ...["UpstreamUnavailable", "UnableToGetUpstreamImageException", "UnableToGetUpstreamLayerException"],
      ...[
        "ServerException",
        "InternalFailure",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "TimeoutError",
      ],
    ],
    unsupported: ["UnsupportedImageTypeException", "UnsupportedUpstreamRegistryException"],
    timeout: ["AbortError"],
    malformed: ["SyntaxError"],
  } satisfies Partial<Record<FailureKind, string[]>>).flatMap(([kind, names]) =>
    names.map((name) => [name, kind as FailureKind] as const),
  ),
);

/** One id that ECR cannot parse fails the whole call, and so the others in it (tried with names that break its grammar). */
const invalidInput: ReadonlySet<string> = new Set(["InvalidParameterException", "ValidationException"]);

/** A source of credentials failed before the request to ECR. */
export class IdentityError extends Error {
  constructor(
    readonly identity: string,
    override readonly cause: unknown,
  ) {
    super(`the AWS identity ${identity} gives no credentials`);
  }
}

/**
 * The failure behind whatever a call of the SDK rejected with, in AWS's words.
 *
 * @param service which was called, in words
 */
export function failureOf(error: unknown, identity: string, service = "ECR"): Outcome<never> {
  const cause = rootOf(error);
  const kind = kindOf(cause);
  if (kind === "timeout") return failure(kind, `${service} did not answer in time`);
  // Our own words for a network error end with the advice for it.
  const isNetwork = cause instanceof Error && cause.name === "Error";
  const [said = "", advice] = isNetwork ? wordsOf(cause).split("; ") : [wordsOf(cause)];
  const fix = advice ?? fixOf(error, kind, service);
  const more = fix === undefined ? {} : { fix };
  if (identityErrorIn(error) !== undefined)
    return failure(
      kind,
      `no credentials for ${service} from the AWS identity ${printable(identity)}: ${said}`,
      more,
    );
  return failure(
    kind,
    kind === "denied"
      ? `${service} refuses the AWS identity ${printable(identity)}: ${said}`
      : `${service}: ${said}`,
    more,
  );
}

/** What to do about errors, by their names. */
const fixes: readonly (readonly [name: RegExp, fix: string])[] = [
  [/^Expired/, "log in to AWS again (aws sso login), or renew the credentials"],
  [
    /^(?:UnrecognizedClient|InvalidClientToken|InvalidIdentityToken|MissingAuthenticationToken)/,
    "correct the AWS credentials, or log in again (aws sso login)",
  ],
  [/Signature|^RequestExpired/, "check this machine's clock and the secret access key"],
  [/^OptInRequired/, "enable the region for this account"],
  [/^Kms|^DecryptionFailure/, "check the KMS key of the repository: it may be disabled, or deny its use"],
  [/^Upstream(?:AccessDenied)|Secret/, "correct the secret of the pull through cache rule"],
  [/^RepositoryNotFound/, "push the image first, or correct its repository, account or region"],
  [/^ImageNotFound|^ImageTagDoesNotMatch/, "push the image first, or correct its tag or digest"],
  [/^Layer/, "push the image again: ECR has its manifest, but not all of its layers"],
  [
    /^Invalid(?:Image|Parameter)|^ValidationException/,
    "correct the image's name: ECR cannot store an image under it",
  ],
  [/^UnsupportedImageType/, "push the image with a manifest of Docker schema 2 or OCI"],
];

/** What to do about the failure of a call, if its cause is known. */
function fixOf(error: unknown, kind: FailureKind, service: string): string | undefined {
  const cause = rootOf(error);
  const { name } = cause instanceof Error ? cause : { name: "" };
  const isIdentity = identityErrorIn(error) !== undefined;
  if (isIdentity && /^AccessDenied/.test(name))
    return "allow sts:AssumeRole for that role to whoever runs Pulumi, or set awsIdentities";
  const known = fixes.find(([pattern]) => pattern.test(name))?.[1];
  // Of another service, only what concerns the credentials.
  if (known !== undefined && (service === "ECR" || kind === "denied")) return known;
  if (isIdentity)
    return "give whoever runs Pulumi AWS credentials (AWS_PROFILE, aws sso login), or set awsIdentities";
  if (kind === "throttled") return `try again later, or raise the quota of ${service}'s API`;
  if (kind === "unreachable")
    return cause instanceof Error && statusOf(cause) !== undefined
      ? "try again later"
      : "check that this machine reaches AWS";
  return kind === "denied" && service === "ECR" ? allowPull : undefined;
}

const allowPull =
  "allow this identity ecr:BatchGetImage and ecr:GetDownloadUrlForLayer; across accounts, in the repository's policy too";

/** The failure of one image in an answer of BatchGetImage. */
export function imageFailure(
  code: string | undefined,
  reason: string | undefined,
  identity: string,
): Outcome<never> {
  return failureOf(Object.assign(new Error(reason ?? ""), { name: code ?? "ImageFailure" }), identity);
}

export function isInvalidInput(error: unknown): boolean {
  return error instanceof Error && invalidInput.has(error.name);
}

/** `Name: the service's words`, in one line, free of what a request was signed with. */
export function awsWords(text: string): string {
  const [sentence = ""] = text
    .trim()
    // The rest of a signature complaint is the canonical request, with its session token.
    .split(/\r?\n|(?=\s*The Canonical String)/);
  const clean = sentence
    .replace(/AWS4-[A-Z0-9-]+.*$/s, "…")
    .replace(/\b(Credential|Signature|X-Amz-[A-Za-z-]+)=[^\s&,'"]+/gi, "$1=…")
    .replace(/(https?:\/\/[^\s?'"]+)\?[^\s'"]*/gi, "$1?…")
    .replace(/\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g, "…")
    // Session tokens are long base64; digests are hexadecimal and may stay.
    .replace(/[A-Za-z0-9+/=]{80,}/g, (token) => (/^[0-9a-f]+$/.test(token) ? token : "…"));
  return printable(clean, 300);
}

/** Why a call of another service of AWS failed, as a clause: whose identity was refused or has no credentials, in AWS's words. */
export function awsRefusal(error: unknown, identity: string): string {
  const said = wordsOf(rootOf(error));
  return identityErrorIn(error) === undefined
    ? `${said} (as the AWS identity ${printable(identity)})`
    : `no credentials from the AWS identity ${printable(identity)}: ${said}`;
}

/** The same, with its kind. */
export function awsFailure(error: unknown, identity: string): Failure {
  return { kind: kindOf(rootOf(error)), message: awsRefusal(error, identity) };
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return "an error without words";
  // Node puts the errors of all addresses that it tried into one that has no words itself.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  const message = error.message === "" && first instanceof Error ? first.message : error.message;
  if (error.name === "SyntaxError") return "its answer is not JSON";
  const name = error.name === "Error" || error.name === "AggregateError" ? "" : printable(error.name, 80);
  const said = message === error.name ? "" : awsWords(message);
  return [name, said].filter((part) => part !== "").join(": ") || "an error without words";
}

function kindOf(error: unknown): FailureKind {
  if (!(error instanceof Error)) return "unreachable";
  const status = statusOf(error);
  const known = kinds.get(error.name);
  if (known !== undefined && !(error.name === "SyntaxError" && status !== 200)) return known;
  if (status === 429) return "throttled";
  if (status === 401 || status === 403) return "denied";
  return status !== undefined && status >= 400 && status < 500 ? "unsupported" : "unreachable";
}

/** The HTTP status of the answer behind an error of the SDK: exceptions and failures to parse keep it in different places. */
function statusOf(error: Error): number | undefined {
  const metadata = "$metadata" in error ? error.$metadata : undefined;
  const response = "$response" in error ? error.$response : undefined;
  const status =
    (isRecord(metadata) && metadata["httpStatusCode"]) || (isRecord(response) && response["statusCode"]);
  return typeof status === "number" ? status : undefined;
}

function identityErrorIn(error: unknown): IdentityError | undefined {
  return error instanceof IdentityError ? error : undefined;
}

function rootOf(error: unknown): unknown {
  return identityErrorIn(error)?.cause ?? error;
}
