import { styleText } from "node:util";
import type { InspectedImage } from "../inspector";
import { isMixed } from "../oci/compression";
import type { Failure, Outcome } from "../oci/failure";
import { formatPlatform, type Platform } from "../oci/platform";
import { formatReference, type Reference, referenceIn, withDefaultTag } from "../oci/reference";
import { count, printable } from "../oci/text";
import type { TraceStep } from "../registry/trace";
import { blockedImage, uncheckedImage } from "../report";
import { renderSteps, type VerdictStep } from "./explain";

/** One name of the command line and what its inspection gave. */
export interface InspectedName {
  readonly image: string;
  readonly platform: Platform;
  readonly inspection: Outcome<InspectedImage>;
  /** Where they were asked for: how it came to that. */
  readonly steps?: readonly TraceStep[];
}

interface Finding {
  readonly policy: "mixed-layer-compression" | "unverified-image";
  readonly level: "mandatory" | "advisory";
  readonly message: string;
}

/** 0 all fine, 1 an image would be blocked, 2 an image could not be checked and none is blocked. */
export function exitCode(results: readonly InspectedName[]): 0 | 1 | 2 {
  const levels = results.flatMap(findingsOf).map(({ level }) => level);
  if (levels.includes("mandatory")) return 1;
  return levels.length > 0 ? 2 : 0;
}

/** What the pack's policies would say, at their default levels. */
function findingsOf({ image, platform, inspection }: InspectedName): Finding[] {
  if (!inspection.ok) {
    const message = uncheckedImage(image, platform, [], inspection.failure);
    return [{ policy: "unverified-image", level: "advisory", message }];
  }
  if (!isMixed(inspection.value.layers)) return [];
  return [
    {
      policy: "mixed-layer-compression",
      level: "mandatory",
      message: blockedImage(image, [], inspection.value),
    },
  ];
}

/** For people: a line for each good image, a block for each other one; colour only where it was asked for. */
export function renderText(results: readonly InspectedName[], colour: boolean): string {
  const paint = (style: "green" | "red" | "yellow", words: string) =>
    colour ? styleText(style, words) : words;
  const blocks = results.map((result) => {
    const steps = stepsOf(result);
    const explanation = steps === undefined ? "" : `${renderSteps(result.image, steps)}\n`;
    return explanation + verdictOf(result);
  });
  return blocks.join("");

  function verdictOf(result: InspectedName): string {
    const name = printable(result.image);
    const [finding] = findingsOf(result);
    if (result.inspection.ok && finding === undefined) {
      return `${paint("green", "ok")}       ${name}  ${layersInWords(result.inspection.value)}\n`;
    }
    const verdict = finding?.level === "mandatory" ? paint("red", "blocked") : paint("yellow", "unchecked");
    const message = (finding?.message ?? "").split("\n").map((line) => (line === "" ? "" : `  ${line}`));
    return [`${verdict}  ${name}`, ...message, ""].join("\n");
  }
}

/** With the verdict as the last. */
function stepsOf(result: InspectedName): readonly (TraceStep | VerdictStep)[] | undefined {
  const { steps, inspection } = result;
  if (steps === undefined) return undefined;
  if (!inspection.ok) {
    const { kind, message } = inspection.failure;
    return [...steps, { step: "verdict", verdict: "unchecked", reason: `${kind}: ${message}` }];
  }
  const blocked = findingsOf(result).some(({ level }) => level === "mandatory");
  return [...steps, { step: "verdict", verdict: blocked ? "blocked" : "ok", reason: null }];
}

function layersInWords({ layers, platform }: InspectedImage): string {
  const kinds = [...new Set(layers.map(({ compression }) => compression))].join(", ");
  return `${formatPlatform(platform)}, ${count(layers.length, "layer")}${kinds === "" ? "" : `: ${kinds}`}`;
}

/** For machines; the shape is documented in the README and only ever grows. */
export function renderJson(results: readonly InspectedName[]): string {
  return `${JSON.stringify({ images: results.map(imageAsJson) }, undefined, 2)}\n`;
}

function imageAsJson(result: InspectedName) {
  const { image, platform, inspection } = result;
  return {
    image,
    reference: referenceAsJson(referenceIn(image)),
    platform: formatPlatform(platform),
    manifest: inspection.ok ? manifestAsJson(inspection.value) : null,
    predictions: [],
    findings: findingsOf(result),
    failure: inspection.ok ? null : failureAsJson(inspection.failure),
    ...(result.steps === undefined ? {} : { explain: stepsOf(result) }),
  };
}

function referenceAsJson(reference: Reference | undefined) {
  if (reference === undefined) return null;
  const { registry, repository, tag = null, digest = null } = withDefaultTag(reference);
  return { registry, repository, tag, digest, canonical: formatReference(withDefaultTag(reference)) };
}

function manifestAsJson({ mediaType, digest, layers, diffIds }: InspectedImage) {
  return { mediaType, digest, layers, diffIds };
}

function failureAsJson({ kind, message, login }: Failure) {
  return { kind, message, ...(login === undefined ? {} : { login }) };
}
