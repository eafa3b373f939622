import type { LoginFault } from "../aws/secret-login";
import type { Failure, FailureKind, Outcome } from "../common/outcome";
import { printable } from "../common/text";
import type { Compression, LayerBytes } from "../oci/compression";
import type { ImageConfig } from "../oci/image-config";
import type { Platform } from "../oci/platform";
import type { Reference } from "../oci/reference";
import type { Prediction, RuntimeName } from "../runtimes/predict";

export type { LoginFault } from "../aws/secret-login";

/** One layer as the manifest describes it. */
export interface Layer {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** What its bytes are if someone looked at them, else what its media type says. */
  readonly compression: Compression;
  /** What its first bytes show, if someone looked. */
  readonly bytes?: LayerBytes;
}

/** A manifest that some container runtime takes. */
export interface InspectedManifest {
  readonly mediaType: string;
  readonly digest: string;
  readonly layers: readonly Layer[];
  /** Null if it was not needed or could not be read. */
  readonly config: ImageConfig | null;
  /** The base image that the manifest's annotation `org.opencontainers.image.base.name` names, as it is written. */
  readonly baseName?: string;
}

/** A part of an image that could change the verdict and was not read. */
export interface UnreadPart extends Failure {
  /** `manifest`, `manifest sha256:…` of an index, `config`, `layer 3`, `login secret`. */
  readonly part: string;
}

/** What the registry says of an image for one platform. The manifest is the one that most runtimes take. */
export interface InspectedImage extends InspectedManifest {
  readonly reference: Reference;
  readonly platform: Platform;
  /** Every manifest that some runtime takes, that of most runtimes first. */
  readonly manifests: readonly InspectedManifest[];
  readonly predictions: readonly Prediction[];
  readonly unread: readonly UnreadPart[];
}

/** The outcome of an inspection. Predictions say what each runtime does, also with an image that none can pull. */
export type Inspection = Outcome<InspectedImage> & {
  readonly predictions?: readonly Prediction[];
  /** Why the secret that the container names contains no login for ECS. */
  readonly loginFault?: LoginFault;
};

/**
 * Decides whether a verdict is complete: the parts that could change it and were not read. No other place decides this. An image is ok only
 * if this is empty.
 */
export function unreadParts(inspection: Inspection): readonly UnreadPart[] {
  const secret = unreadSecret(inspection);
  if (inspection.ok) return [...inspection.value.unread, ...secret];
  const { failure } = inspection;
  return failure.proves === undefined ? [{ part: "manifest", ...failure }, ...secret] : [];
}

/** Whoever deploys often may not read the secret, and ECS will read it with another role: a denial shows nothing. */
function unreadSecret({ loginFault }: Inspection): UnreadPart[] {
  if (loginFault === undefined || loginFault.proves !== undefined || loginFault.kind === "denied") return [];
  const { kind, message, secret, fix = secretFixes[kind] } = loginFault;
  return [
    {
      part: "login secret",
      kind,
      message: `the secret ${printable(secret, 200)}: ${message}`,
      ...(fix !== undefined && { fix }),
    },
  ];
}

const secretFixes: Partial<Record<FailureKind, string>> = {
  missing: "create the secret, share it with this account, or correct credentialsParameter",
  malformed: "store the login in the secret as a JSON object with username and password",
  unreachable: "check that this machine reaches AWS",
  throttled: "try again later",
};

/** What the named runtimes do; of all if none is named. */
export function predictionsFor(
  { predictions = [], ...inspection }: Inspection,
  runtimes: readonly RuntimeName[],
): readonly Prediction[] {
  const all = inspection.ok ? inspection.value.predictions : predictions;
  return runtimes.length === 0 ? all : all.filter(({ runtime }) => runtimes.includes(runtime));
}

/**
 * The manifests that the named runtimes take, each as an image of its own; of all runtimes if none is named. A manifest whose pull could not
 * be predicted counts too.
 */
export function imagesFor(inspected: InspectedImage, runtimes: readonly RuntimeName[]): InspectedImage[] {
  const { predictions, manifests } = inspected;
  const predicted = new Set(predictions.map(({ manifest }) => manifest));
  const wanted = new Set(
    predictions
      .filter(({ runtime }) => runtimes.length === 0 || runtimes.includes(runtime))
      .map(({ manifest }) => manifest),
  );
  return manifests
    .filter(({ digest }) => wanted.has(digest) || !predicted.has(digest))
    .map((manifest) => ({ ...inspected, ...manifest }));
}
