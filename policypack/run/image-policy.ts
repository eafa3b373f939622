import type { ResourceValidationArgs } from "@pulumi/policy";
import { printable } from "../common/text";
import { identityOfProvider } from "../aws/identity";
import { regionIn } from "../aws/provider-settings";
import type { Settings } from "../settings";
import { isLeftOut } from "../common/values";
import { imagesOf, isWorkload } from "../workloads";
import { collectingPolicy, type ImagePolicy } from "./policy-adapter";
import type { PolicyDefinition } from "../policies/definition";
import { exemptionsOf, type Finding, imageFindings, placeFindings } from "./findings";
import type { Workload } from "./review";
import type { Session } from "./session";
import { tagExemptionOf } from "../exemptions/tag-exemption";

/** A policy over the images that ECS workloads run. */
export function imagePolicy(session: Session, definition: PolicyDefinition): ImagePolicy {
  const { judge, judgePlace, ...metadata } = definition;
  const run = {
    isActive: (policy: string) => session.isActive(policy),
    willPush: (image: string) => session.willPush(image),
    mayMakeSecret: (secret: string) => session.mayMakeSecret(secret),
  };
  return collectingPolicy(session, {
    ...metadata,
    concerns: isWorkload,
    collect: (settings) => {
      const review = session.review(settings);
      return {
        add: (resource) => {
          const read = session.workloads.of(metadata.name, resource.urn, () => readWorkload(resource));
          const { workload, problems } = workloadOf(resource, read, settings);
          review.add(workload);
          return problems.filter(({ urn, message }) => session.firstTime([urn, message]));
        },
        findings: async (resources) => {
          if (resources !== undefined) session.saveImages(review, resources);
          const settled = await review.settle();
          return [
            ...imageFindings(settled, settings, run, judge),
            ...exemptionsOf(settled).filter(({ message, urn }) => session.firstTime([urn, message])),
            ...placeFindings(settled, run, judgePlace),
          ];
        },
      };
    },
  });
}

/** What a resource says of its images, whatever the settings. */
function readWorkload({
  type,
  props,
  provider,
}: ResourceValidationArgs): Pick<Workload, "images" | "reader"> {
  // A resource may name a region of its own (the AWS provider since version 7).
  const region = regionIn(props) ?? regionIn(provider?.props);
  return {
    images: (isLeftOut(props) ? undefined : imagesOf(type, props)) ?? { uses: [], unreadable: [] },
    reader: {
      ...(provider && { identity: identityOfProvider(provider.props) }),
      ...(region !== undefined && { region }),
    },
  };
}

/** The workload behind a resource, and what is wrong with the exemption that it asks for itself. */
function workloadOf(
  { urn, name, props }: ResourceValidationArgs,
  read: Pick<Workload, "images" | "reader">,
  { allowTagExemptions }: Settings,
): { workload: Workload; problems: readonly Finding[] } {
  const tag = tagExemptionOf(urn, props, allowTagExemptions);
  const workload = { urn, name, ...read };
  if (tag === undefined) return { workload, problems: [] };
  return "exclusion" in tag
    ? { workload: { ...workload, exclusion: tag.exclusion }, problems: [] }
    : {
        workload,
        problems: [{ message: `\`${printable(name, 80)}\`: ${tag.problem}`, urn, remark: true }],
      };
}
