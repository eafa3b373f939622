import type {
  PolicyConfigSchema,
  ReportViolation,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import { runtime } from "@pulumi/pulumi";
import { printable } from "../oci/text";
import { identityOfProvider } from "../registry/ecr/identity";
import { regionIn } from "../registry/ecr/provider-settings";
import { settingsSchema } from "../settings";
import { imagesOf } from "../workloads";
import type { Review, ReviewInProgress } from "./review";
import type { Session } from "./session";

/** What a policy says about one image use. */
export interface Finding {
  readonly message: string;
  /** The resource to show it at. */
  readonly urn: string;
  /** Printed, but never blocks, whatever the policy's level: it informs, or it will be judged in the update. */
  readonly remark?: true;
}

/** What distinguishes one policy from another: its words, its level and a pure judgement. */
export interface ImagePolicyArgs extends Required<
  Pick<
    ResourceValidationPolicy,
    "name" | "displayName" | "description" | "enforcementLevel" | "severity" | "tags" | "remediationSteps"
  >
> {
  /** Pure: what the policy says of what was found. Called once a preview, or once a resource in an update. */
  readonly judge: (review: Review) => readonly Finding[];
}

/** How the SDK lets one finding have a level of its own; its types do not say so (`server.ts`, `makeReportViolationFun`). */
type ReportAtLevel = (
  finding: string | { message: string; urn: string; enforcementLevel: "advisory" },
) => void;

/** A policy as the engine and other packs take it: called for each resource, and for the stack after a preview. */
export type ImagePolicy = ResourceValidationPolicy & StackValidationPolicy;

/**
 * A policy over the images that ECS workloads run.
 *
 * The engine analyzes one resource at a time and waits for each, so in a preview a resource only starts its look-ups
 * and all are reported at the end of the stack. In an update the stack's turn comes after the deployment, so there
 * each resource is judged before it is created. `pulumi policy analyze` counts as an update.
 */
export function imagePolicy(session: Session, args: ImagePolicyArgs): ImagePolicy {
  const { judge, ...metadata } = args;
  const configSchema: PolicyConfigSchema = { properties: settingsSchema };
  let preview: ReviewInProgress | undefined;

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
        const images = imagesOf(resource.type, resource.props);
        if (images === undefined) return [];
        const { settings, problems } = session.settingsOf(args.name, resource.getConfig<object>());
        const { urn, name, provider } = resource;
        // A resource may name a region of its own (the AWS provider since version 7).
        const region = regionIn(resource.props) ?? regionIn(provider?.props);
        const reader = {
          ...(provider && { identity: identityOfProvider(provider.props) }),
          ...(region !== undefined && { region }),
        };
        const workload = { urn, name, images, reader };
        const misconfigured = problems.map((message) => ({
          message: `Configuration of ${args.name}: ${message}`,
          urn: resource.urn,
        }));
        if (runtime.isDryRun()) {
          preview ??= session.review(settings);
          preview.add(workload);
          return misconfigured;
        }
        const review = session.review(settings);
        review.add(workload);
        return [...misconfigured, ...judge(await review.settle())];
      }),
    validateStack: (stack, reportViolation) =>
      guarded(stack.resources[0]?.urn ?? "", reportViolation, async () => {
        const review = preview;
        preview = undefined;
        return review === undefined ? [] : judge(await review.settle());
      }),
  };
}
