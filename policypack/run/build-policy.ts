import { isImageBuild } from "../builds/image-build";
import { type BuildGround, safeSettings, type SafeSettings } from "../builds/judge-build";
import { settingsSet, fixExport, fixedSource } from "../builds/fix-exports";
import { buildInWords, droppedSettings, exemptionInWords, faultyBuild, unknownBuild } from "../report";
import { exemptionOfBuild, type PushFault, reviewBuild, type ReviewedBuild } from "./build-review";
import { collectingPolicy, type ImagePolicy } from "./policy-adapter";
import type { Finding } from "./findings";
import { deploymentRisks } from "../policies/definition";
import type { Session } from "./session";

const name = "build-compression";

/** A build with the resource that describes it. */
interface Built {
  readonly urn: string;
  readonly name: string;
  readonly props: unknown;
  readonly reviewed: ReviewedBuild;
}

/** Reports image builds that will make an image that mixes gzip and zstd or does not pull; at the level `remediate`, it fixes them. */
export function buildCompression(session: Session): ImagePolicy {
  const policy = collectingPolicy(session, {
    name,
    displayName: "Builds give all layers one compression that ECS pulls",
    description: "An image build must not make an image that mixes gzip and zstd layers or does not pull.",
    enforcementLevel: "advisory",
    severity: "medium",
    framework: deploymentRisks,
    tags: ["ecs", "fargate", "container-images", "zstd"],
    remediationSteps: "Set ociMediaTypes, compression, compressionLevel and forceCompression on the export.",
    concerns: isImageBuild,
    collect: (settings) => {
      const budget = session.budgetFor(settings);
      const pending: { found: Promise<readonly Finding[]>; overdue: readonly Finding[] }[] = [];
      return {
        add: (resource) => {
          const { urn, name, props } = resource;
          const exemption = exemptionOfBuild(resource, settings);
          const told =
            exemption === undefined
              ? []
              : [{ urn, message: exemptionInWords(buildInWords(name), exemption), remark: true as const }];
          if (exemption?.state === "in-force") return told;
          const review = reviewBuild(resource, session, settings);
          const found = review.then((reviewed) =>
            reviewed === undefined
              ? []
              : findingsOf({ urn, name, props, reviewed }, settings.buildkitVersion),
          );
          // It is awaited only at the end, which reports a defect.
          found.catch(() => undefined);
          const reason = `timeout: the time budget of ${budget.seconds} s for this run was used up first`;
          pending.push({ found, overdue: [{ urn, message: unknownBuild(name, reason), remark: true }] });
          return told;
        },
        findings: async () => {
          const waits = pending.map(({ found, overdue }) => budget.wait(found, overdue));
          return (await Promise.all(waits)).flat();
        },
      };
    },
  });
  return {
    ...policy,
    // The validation that follows reports what remediation cannot fix, and defects.
    remediateResource: async (resource) => {
      const { type, props } = resource;
      if (type !== "docker-build:index:Image") return undefined;
      try {
        const { settings } = session.settingsOf(name, resource.getConfig<object>());
        if (exemptionOfBuild(resource, settings)?.state === "in-force") return undefined;
        const review = reviewBuild(resource, session, settings);
        const reviewed = await session.budgetFor(settings).wait(review, undefined);
        if (reviewed === undefined) return undefined;
        const fixed = reviewed.faults.map(({ path }) =>
          fixExport(props, path, settingsFor(path, props, reviewed)),
        );
        return fixed.includes(true) ? props : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

function findingsOf({ urn, name: resource, props, reviewed }: Built, buildkitVersion: string): Finding[] {
  const { build, faults, unknowns } = reviewed;
  // What the docker daemon's own store makes of it cannot be known, so that is never more than a remark.
  const certain = build.builder === "docker-build" ? {} : { remark: true as const };
  const faulty = faults.map((fault): Finding => {
    const settings = settingsFor(fault.path, props, reviewed);
    const message = faultyBuild({
      resource,
      ...fault,
      images: reviewed.images,
      base: fault.at.base,
      ...(fault.at.steps === undefined ? {} : { steps: fault.at.steps }),
      ...(buildkitVersion === "" ? {} : { buildkitVersion }),
      ...(build.builder === "docker-build" && {
        fix: { source: fixedSource(props, fault.path, settings), settings },
      }),
      notes: notesOf(fault, reviewed),
    });
    return { urn, message, ...certain };
  });
  const ignored = build.pushes.flatMap((push): Finding[] =>
    "dropped" in push && push.dropped.length > 0 && !faults.some(({ path }) => path === push.path)
      ? [{ urn, message: droppedSettings(resource, push.path, push.dropped), remark: true }]
      : [],
  );
  const unknown = faults.length > 0 ? [] : unknowns.map((reason) => unknownBuild(resource, reason));
  return [...faulty, ...ignored, ...unknown.map((message): Finding => ({ urn, message, remark: true }))];
}

/** Safe for each platform; a base that is not known may be any. */
function settingsFor(path: string, props: unknown, { bases }: ReviewedBuild): SafeSettings {
  const grounds = bases.map(({ base, ground }): BuildGround =>
    "unknown" in base ? { ...ground, baseLayers: worstBase } : ground,
  );
  return safeSettings(grounds, settingsSet(props, path));
}

const worstBase = [
  "application/vnd.docker.image.rootfs.diff.tar.gzip",
  "application/vnd.docker.image.rootfs.diff.tar.zstd",
];

function notesOf({ settings, at }: PushFault, { build, bases }: ReviewedBuild): string[] {
  const notes: string[] = [];
  if (build.builder === "docker")
    notes.push(
      "a Docker daemon with the containerd image store pushes this (Docker Desktop, new installations of Docker 29). With the classic store it pushes gzip types. Which store yours has is not known.",
    );
  if (build.platforms.length === 0) notes.push(`the resource sets no platform; this is for ${at.platform}.`);
  if (bases.length > 1) notes.push(`this is for ${at.platform}, of ${bases.length} platforms.`);
  if (build.hasCache && settings.forceCompression !== true)
    notes.push("layers from a cache keep the compression that they have there.");
  return notes;
}
