import type {
  PolicyConfigSchema,
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import { home } from "../home";
import { printable } from "../oci/text";
import { identityOfProvider } from "../registry/ecr/identity";
import { type Settings, settingsSchema } from "../settings";
import { imagesOf } from "../workloads";
import type { PolicyDefinition } from "./definition";
import { exemptionsOf, type Finding, imageFindings } from "./findings";
import type { Review, ReviewInProgress, Workload } from "./review";
import { reportsAtEnd } from "./run-mode";
import type { Session } from "./session";
import { tagExemptionOf } from "./tag-exemption";

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
 * each resource is judged before it is created. `pulumi policy analyze` counts as a preview.
 *
 * @param more what the policy says besides its judgement of images
 */
export function imagePolicy(
  session: Session,
  definition: PolicyDefinition,
  more: (review: Review) => readonly Finding[] = () => [],
): ImagePolicy {
  const { judge, ...metadata } = definition;
  const configSchema: PolicyConfigSchema = { properties: settingsSchema };
  let preview: { review: ReviewInProgress; settings: Settings } | undefined;

  async function judged(review: ReviewInProgress, settings: Settings): Promise<Finding[]> {
    const settled = await session.settle(review);
    return [
      ...imageFindings(settled, settings, judge),
      ...exemptionsOf(settled).filter(({ message, urn }) => session.isNews([urn, message])),
      ...more(settled),
    ];
  }

  function report(findings: readonly Finding[], reportViolation: ReportViolation): void {
    for (const { message, urn, remark } of findings) {
      if (remark)
        (reportViolation as ReportAtLevel)({
          message: `${metadata.description}\n${message}`,
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
      findings = await work().finally(() => {
        session.left();
      });
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

  /** The workload behind a resource, and what is wrong with its own exemption. */
  function workloadOf(
    { urn, name, props, provider }: ResourceValidationArgs,
    images: Workload["images"],
    { allowTagExemptions }: Settings,
  ): { workload: Workload; problems: readonly Finding[] } {
    const tag = tagExemptionOf(urn, props, allowTagExemptions);
    const exclusion = tag !== undefined && "exclusion" in tag ? tag.exclusion : undefined;
    const problem =
      tag !== undefined && "problem" in tag ? `\`${printable(name, 80)}\`: ${tag.problem}` : undefined;
    return {
      workload: {
        urn,
        name,
        images,
        ...(provider && { identity: identityOfProvider(provider.props) }),
        ...(exclusion && { exclusion }),
      },
      problems:
        problem !== undefined && session.isNews([urn, problem])
          ? [{ message: problem, urn, remark: true }]
          : [],
    };
  }

  return {
    ...metadata,
    url: `${home}#${definition.name}`,
    configSchema,
    validateResource: (resource, reportViolation) =>
      guarded(resource.urn, reportViolation, async () => {
        session.entered(definition.name, () => resource.getConfig<object>());
        const images = imagesOf(resource.type, resource.props);
        if (images === undefined) return [];
        const { urn } = resource;
        const { settings, problems } = session.settingsOf(definition.name, resource.getConfig<object>());
        const misconfigured = problems.map((message) => ({
          message: `Configuration of ${definition.name}: ${message}`,
          urn,
        }));
        const { workload, problems: tagProblems } = workloadOf(resource, images, settings);
        const told = [...misconfigured, ...tagProblems];
        if (reportsAtEnd()) {
          preview ??= { review: session.review(settings), settings };
          preview.review.add(workload);
          return told;
        }
        const review = session.review(settings);
        review.add(workload);
        return [...told, ...(await judged(review, settings))];
      }),
    validateStack: (stack, reportViolation) =>
      guarded(stack.resources[0]?.urn ?? "", reportViolation, async () => {
        const ended = preview;
        preview = undefined;
        if (ended !== undefined) session.leaveBehind(ended.review, stack.resources);
        const findings = ended === undefined ? [] : await judged(ended.review, ended.settings);
        session.close();
        return findings;
      }),
  };
}
