import type {
  PolicyConfigSchema,
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import { runtime } from "@pulumi/pulumi";
import { printable } from "../oci/text";
import { identityOfProvider } from "../registry/ecr/identity";
import { type Settings, settingsSchema } from "../settings";
import { imagesOf, isWorkload } from "../workloads";
import type { Review } from "./review";
import type { Session } from "./session";

/** What a policy says about one image use. */
export interface Finding {
  readonly message: string;
  /** The resource to show it at. */
  readonly urn: string;
  /** Printed, but never blocks, whatever the policy's level: it informs, or it will be judged in the update. */
  readonly remark?: true;
}

/** A policy's words and its level. */
export type PolicyMetadata = Required<
  Pick<
    ResourceValidationPolicy,
    "name" | "displayName" | "description" | "enforcementLevel" | "severity" | "tags" | "remediationSteps"
  >
>;

/** What distinguishes one policy over images from another: its words, its level and a pure judgement. */
export interface ImagePolicyArgs extends PolicyMetadata {
  /** Pure: what the policy says of what was found. Called once a preview, or once a resource in an update. */
  readonly judge: (review: Review) => readonly Finding[];
}

/** How the SDK lets one finding have a level of its own; its types do not say so (`server.ts`, `makeReportViolationFun`). */
type ReportAtLevel = (
  finding: string | { message: string; urn: string; enforcementLevel: "advisory" },
) => void;

/** A policy as the engine and other packs take it: called for each resource, and for the stack after a preview. */
export type ImagePolicy = ResourceValidationPolicy & StackValidationPolicy;

/** What a policy has collected of one resource (update) or of the whole program (preview). */
export interface Collection {
  /** Takes what a resource says, and starts its look-ups at once without waiting for them. */
  add(resource: ResourceValidationArgs): void;
  /** Waits for the look-ups, and judges. */
  findings(): Promise<readonly Finding[]>;
}

/** A policy over some of a program's resources, which it judges by what registries say. */
export interface CollectingPolicyArgs extends PolicyMetadata {
  /** Whether resources of a Pulumi type are its affair. */
  readonly concerns: (type: string) => boolean;
  readonly collect: (settings: Settings) => Collection;
}

/** A policy over the images that ECS workloads run. */
export function imagePolicy(session: Session, { judge, ...metadata }: ImagePolicyArgs): ImagePolicy {
  return collectingPolicy(session, {
    ...metadata,
    concerns: isWorkload,
    collect: (settings) => {
      const review = session.review(settings);
      return {
        add: ({ urn, name, type, props, provider }) => {
          const images = imagesOf(type, props);
          const identity = provider && { identity: identityOfProvider(provider.props) };
          if (images !== undefined) review.add({ urn, name, images, ...identity });
        },
        findings: async () => judge(await review.settle()),
      };
    },
  });
}

/**
 * The frame of every policy.
 *
 * The engine analyzes one resource at a time and waits for each, so in a preview a resource only starts its look-ups
 * and all are reported at the end of the stack. In an update the stack's turn comes after the deployment, so there
 * each resource is judged before it is created. `pulumi policy analyze` counts as an update.
 */
export function collectingPolicy(session: Session, args: CollectingPolicyArgs): ImagePolicy {
  const { concerns, collect, ...metadata } = args;
  const configSchema: PolicyConfigSchema = { properties: settingsSchema };
  let preview: Collection | undefined;

  function report(findings: readonly Finding[], reportViolation: ReportViolation): void {
    for (const { message, urn, remark } of findings) {
      if (remark)
        (reportViolation as ReportAtLevel)({
          message: `${args.description}\n${message}`,
          urn,
          enforcementLevel: "advisory",
        });
      else reportViolation(message, urn);
    }
  }

  /** A policy that throws fails the run and hides what the others say (whatever its level), so none of ours does. */
  async function guarded(
    urn: string,
    reportViolation: ReportViolation,
    work: () => Promise<readonly Finding[]>,
  ): Promise<void> {
    let findings: readonly Finding[];
    try {
      findings = await work();
    } catch (error) {
      const words = printable(error instanceof Error ? error.message : String(error));
      findings = [
        {
          urn,
          remark: true,
          message: `The guard itself failed here and could not judge: ${words}\nThis is a defect of pulumi-ecs-image-guard; please report it.`,
        },
      ];
    }
    report(findings, reportViolation);
  }

  return {
    ...metadata,
    configSchema,
    validateResource: (resource, reportViolation) =>
      guarded(resource.urn, reportViolation, async () => {
        if (!concerns(resource.type)) {
          session.note(args.name, () => resource.getConfig<object>());
          return [];
        }
        const { settings, problems } = session.settingsOf(args.name, resource.getConfig<object>());
        const misconfigured = problems.map((message) => ({
          message: `Configuration of ${args.name}: ${message}`,
          urn: resource.urn,
        }));
        if (runtime.isDryRun()) {
          preview ??= collect(settings);
          preview.add(resource);
          return misconfigured;
        }
        const collection = collect(settings);
        collection.add(resource);
        return [...misconfigured, ...(await collection.findings())];
      }),
    validateStack: (stack, reportViolation) =>
      guarded(stack.resources[0]?.urn ?? "", reportViolation, async () => {
        const collection = preview;
        preview = undefined;
        return collection === undefined ? [] : collection.findings();
      }),
  };
}
