import type { InspectedImage } from "../inspector";
import type { Failure } from "../oci/failure";
import { formatPlatform } from "../oci/platform";
import { canonicalName, type Reference, referenceIn, withDefaultTag, withoutLogin } from "../oci/reference";
import { stepsOf } from "./explain";
import { jsonText } from "./json-text";
import { findingsOf, type InspectedName, predictionsOf } from "./inspected";

/** For machines; the shape is documented in the README and only ever grows. */
export function renderJson(results: readonly InspectedName[]): string {
  return jsonText({ images: results.map(imageAsJson) });
}

function imageAsJson(result: InspectedName) {
  const { image, platform, inspection } = result;
  return {
    image: withoutLogin(image),
    reference: referenceAsJson(referenceIn(image)),
    platform: formatPlatform(platform),
    manifest: inspection.ok ? manifestAsJson(inspection.value) : null,
    predictions: predictionsOf(result).map((prediction) => ({ error: null, ...prediction })),
    findings: findingsOf(result),
    failure: inspection.ok ? null : failureAsJson(inspection.failure),
    ...(result.steps === undefined ? {} : { explain: stepsOf(result) }),
  };
}

function referenceAsJson(reference: Reference | undefined) {
  if (reference === undefined) return null;
  const { registry, repository, tag = null, digest = null } = withDefaultTag(reference);
  return { registry, repository, tag, digest, canonical: canonicalName(reference) };
}

function manifestAsJson({ mediaType, digest, layers, config }: InspectedImage) {
  return { mediaType, digest, layers, diffIds: config === null ? null : config.diffIds };
}

function failureAsJson({ kind, message, login }: Failure) {
  return { kind, message, ...(login === undefined ? {} : { login }) };
}
