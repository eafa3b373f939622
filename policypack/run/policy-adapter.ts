import type {
  PolicyConfigSchema,
  PolicyResource,
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import { homepage } from "../common/text";
import type { Settings } from "../settings";
import { engineSchema } from "../settings/schema";
import type { PolicyMetadata } from "../policies/definition";
import { defect, type Finding } from "./findings";
import { reportsAtEnd } from "./pulumi-run";
import type { Session } from "./session";

/** A policy as the engine and other packs take it: called for each resource, and for the stack after a preview. */
export type ImagePolicy = ResourceValidationPolicy & StackValidationPolicy;

/** What a policy has collected of one resource (update) or of the whole program (preview). */
export interface Collection {
  /** Reads a resource, and starts its lookups at once without waiting for them. Returns what can be reported at once. */
  add(resource: ResourceValidationArgs): readonly Finding[];
  /**
   * Waits for the lookups, and judges.
   *
   * @param resources all of the stack's, where its preview ends
   */
  findings(resources?: readonly PolicyResource[]): Promise<readonly Finding[]>;
}

/** A policy over some of a program's resources, which it judges by the responses of registries. */
export interface CollectingPolicyArgs extends PolicyMetadata {
  /** Whether it judges resources of a Pulumi type. */
  readonly concerns: (type: string) => boolean;
  readonly collect: (settings: Settings) => Collection;
}

/** How the SDK lets one finding have a level and a whole message of its own; its types do not say so (`server.ts`, `makeReportViolationFun`). */
type ReportAtLevel = (finding: { message: string; urn: string; enforcementLevel?: "advisory" }) => void;

/**
 * The frame of every policy.
 *
 * The engine analyzes one resource at a time and waits for each, so in a preview a resource only starts its lookups
 * and all are reported at the end of the stack. In an update the stack's turn comes after the deployment, so there
 * each resource is judged before it is created. `pulumi policy analyze` counts as a preview.
 */
export function collectingPolicy(session: Session, args: CollectingPolicyArgs): ImagePolicy {
  const { concerns, collect, ...metadata } = args;
  const configSchema: PolicyConfigSchema = { properties: engineSchema };
  let preview: Collection | undefined;

  function report(findings: readonly Finding[], reportViolation: ReportViolation): void {
    for (const { message, urn, remark } of findings) {
      if (!remark) session.violations.add(metadata.name, urn);
      // From a text, the SDK makes a message that begins with the policy's description, which every message says better.
      (reportViolation as unknown as ReportAtLevel)({
        message,
        urn,
        ...(remark && { enforcementLevel: "advisory" }),
      });
    }
  }

  /** A policy that throws fails the run and hides the findings of the others (whatever its level), so none of ours does. */
  async function guarded(
    urn: string,
    reportViolation: ReportViolation,
    work: () => Promise<readonly Finding[]>,
  ): Promise<void> {
    let findings: readonly Finding[];
    try {
      findings = await work();
    } catch (error) {
      findings = [{ ...defect(error, { levelOf: (policy) => session.levelOf(policy) }), urn }];
    }
    report(findings, reportViolation);
  }

  return {
    ...metadata,
    url: `${homepage}#policies`,
    configSchema,
    validateResource: (resource, reportViolation) =>
      guarded(resource.urn, reportViolation, async () => {
        const { urn, type } = resource;
        session.onResource(metadata.name, resource);
        if (!concerns(type)) return [];
        // The settings of a run stay the same.
        if (preview !== undefined && reportsAtEnd()) return preview.add(resource);
        const { settings, problems } = session.settingsOf(metadata.name, resource.getConfig<object>());
        const misconfigured = problems
          .filter((problem) => session.firstTime([metadata.name, problem]))
          .map((problem) => ({ message: `Configuration of ${metadata.name}: ${problem}`, urn }));
        const collection = reportsAtEnd() ? (preview ??= collect(settings)) : collect(settings);
        const told = [...misconfigured, ...collection.add(resource)];
        return reportsAtEnd() ? told : [...told, ...(await session.during(collection.findings()))];
      }),
    validateStack: async (stack, reportViolation) => {
      await guarded(stack.resources[0]?.urn ?? "", reportViolation, async () => {
        const collection = preview;
        preview = undefined;
        return collection === undefined ? [] : session.during(collection.findings(stack.resources));
      });
      session.close(metadata.name);
    },
  };
}
