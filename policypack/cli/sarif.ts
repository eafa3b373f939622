import { createHash } from "node:crypto";
import { homepage } from "../common/text";
import { formatPlatform } from "../oci/platform";
import { canonicalName, printableName, referenceIn } from "../oci/reference";
import { definitions } from "../policies";
import { explainedBy } from "./causes";
import { jsonText } from "./json";
import { subjectOf } from "./text";
import type { Finding, JudgedName } from "./verdict";

/**
 * SARIF 2.1.0 (OASIS), as code-scanning services take it: each finding a result, each policy a rule. An image is not a file,
 * but those services require one: the image's name stands for it, as relative URI.
 *
 * @param version of this package
 */
export function renderSarif(results: readonly JudgedName[], version: string): string {
  const explained = explainedBy(results);
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "ecs-image-guard",
            version,
            semanticVersion: version,
            informationUri: homepage,
            rules: definitions.map((definition) => ({
              id: definition.name,
              name: definition.name,
              shortDescription: { text: definition.displayName },
              fullDescription: { text: definition.description },
              help: { text: definition.remediationSteps },
              helpUri: `${homepage}#policies`,
              defaultConfiguration: { level: levelOf(definition.enforcementLevel) },
              properties: { tags: definition.tags, precision: "very-high" },
            })),
          },
        },
        automationDetails: { id: "ecs-image-guard/" },
        columnKind: "utf16CodeUnits",
        results: results.flatMap((result) =>
          result.findings.map((finding, index) =>
            resultOf(result, finding, index === 0 ? explained.get(result) : undefined),
          ),
        ),
      },
    ],
  };
  return jsonText(log);
}

/** @param explainedAt another image with the same cause, whose result explains it */
function resultOf(
  { image, platform, users }: JudgedName,
  { policy, level, message }: Finding,
  explainedAt: JudgedName | undefined,
) {
  const reference = image === null ? undefined : referenceIn(image);
  // A place without an image has exactly one user.
  const place = users.map(({ workload, use }) => `${workload.name}/${use.container}`).join(", ");
  const written = image === null ? place : printableName(image);
  const name = reference === undefined ? written : canonicalName(reference);
  const where = platform === null ? name : `${name} (${formatPlatform(platform)})`;
  const identity = JSON.stringify([policy, name, platform === null ? null : formatPlatform(platform)]);
  const fingerprint = createHash("sha256").update(identity).digest("hex");
  return {
    ruleId: policy,
    ruleIndex: definitions.findIndex((definition) => definition.name === policy),
    level: levelOf(level),
    message: {
      text:
        explainedAt === undefined
          ? message
          : `${message.split("\n")[0] ?? ""}\nThe cause is the same as for ${subjectOf(explainedAt)}, whose result explains it.`,
    },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(name) },
          region: { startLine: 1 },
        },
        logicalLocations: [{ fullyQualifiedName: where, kind: "resource" }],
      },
    ],
    // GitHub distinguishes results by the latter alone, and would make it of a source file that is not there.
    partialFingerprints: {
      "imageFinding/v1": fingerprint,
      primaryLocationLineHash: `${fingerprint.slice(0, 16)}:1`,
    },
  };
}

/** Relative whatever the name is: an illegal one may begin with a slash or lead upwards. */
function uriOf(name: string): string {
  const parts = name.split("/").map((part) => encodeURIComponent(part).replace(/^\.{0,2}$/, "_"));
  return parts.join("/");
}

function levelOf(level: Finding["level"]): "error" | "warning" {
  return level === "mandatory" ? "error" : "warning";
}
