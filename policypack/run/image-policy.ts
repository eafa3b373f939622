import type { ResourceValidationArgs } from "@pulumi/policy";
import { printable } from "../common/text";
import { identityOfProvider } from "../aws/identity";
import { accountsIn, regionIn } from "../aws/provider-settings";
import type { FirstOfCause } from "../report";
import type { Settings } from "../settings";
import { isLeftOut, textAt } from "../common/values";
import { ignoresChanges } from "../program/program";
import {
  imagesOf,
  isWorkload,
  type NamedTaskDefinition,
  namesTaskDefinition,
  taskDefinitionNames,
} from "../workloads";
import { collectingPolicy, type ImagePolicy } from "./policy-adapter";
import type { PolicyDefinition } from "../policies/definition";
import {
  exemptionsOf,
  type Finding,
  imageFindings,
  placeFindings,
  taskFindings,
  unreadFindings,
} from "./findings";
import { reportsAtEnd } from "./pulumi-run";
import type { ReadWorkload, Workload } from "./review";
import type { Session } from "./session";
import { tagExemptionOf } from "../exemptions/tag-exemption";

/** A policy over the images that ECS workloads run. */
export function imagePolicy(session: Session, definition: PolicyDefinition): ImagePolicy {
  const { judge, judgeTask, judgePlace, judgeUnread, ...metadata } = definition;
  const run = {
    isActive: (policy: string) => session.isActive(policy),
    willPush: (image: string) => session.willPush(image),
    mayMakeSecret: (secret: string) => session.mayMakeSecret(secret),
    levelOf: (policy: string) => session.levelOf(policy),
  };
  const explainedInUpdate = new Map<string, FirstOfCause>();
  return collectingPolicy(session, {
    ...metadata,
    concerns: (type) => isWorkload(type) || namesTaskDefinition(type),
    collect: (settings) => {
      const review = session.review(settings);
      const naming: { readonly workload: Workload; readonly named: NamedTaskDefinition }[] = [];
      const explained = reportsAtEnd() ? new Map<string, FirstOfCause>() : explainedInUpdate;
      return {
        add: (resource) => {
          const { names, ...read } = session.workloads.of(metadata.name, resource.urn, () =>
            readWorkload(resource),
          );
          const { workload, problems } = workloadOf(resource, read, settings);
          review.add(workload);
          naming.push(...names.map((named) => ({ workload, named })));
          return problems.filter(({ urn, message }) => session.firstTime([urn, message]));
        },
        findings: async (resources) => {
          const program = resources === undefined ? undefined : session.program.of(resources);
          for (const { workload, named } of naming)
            if (session.taskDefinitions.isForeign(named, workload.urn, program))
              review.describe(workload, named, () =>
                session.taskDefinitions.describe(named, workload, settings),
              );
          const settled = await review.settle();
          session.countUnverified(settled);
          if (resources !== undefined) session.saveImages(review, resources);
          return [
            ...imageFindings(settled, settings, run, judge, explained),
            ...taskFindings(settled, run, judgeTask),
            ...exemptionsOf(settled).filter(({ message, urn }) => session.firstTime([urn, message])),
            ...placeFindings(settled, run, judgePlace),
            ...unreadFindings(settled, judgeUnread).filter(
              // One permission is missing: an update, which judges one resource after another, reports it once.
              ({ failure: { kind } }) => kind !== "denied" || session.firstTime([metadata.name, kind]),
            ),
          ];
        },
      };
    },
  });
}

function readWorkload({ type, props, provider, opts }: ResourceValidationArgs): ReadWorkload {
  // A resource may name a region of its own (the AWS provider since version 7).
  const region = regionIn(props) ?? regionIn(provider?.props);
  const account = accountOf(props, provider?.props);
  const { ignoreChanges = [] } = (opts as Partial<typeof opts> | undefined) ?? {};
  const { names, unreadable } = taskDefinitionNames(type, props);
  return {
    images: (isLeftOut(props) ? undefined : imagesOf(type, props)) ?? { uses: [], unreadable },
    names: names.filter(({ key }) => !ignoresChanges({ ignoreChanges }, key)),
    reader: {
      ...(provider && { identity: identityOfProvider(provider.props) }),
      ...(region !== undefined && { region }),
      ...(account !== undefined && { account }),
    },
  };
}

/**
 * The account in which a resource is deployed: the one that its provider allows, and that its roles belong to. AWS lets nobody pass a role of
 * another account (IAM User Guide, "Granting a user permissions to pass a role to an AWS service").
 */
function accountOf(props: unknown, providerProps: unknown): string | undefined {
  const ofRoles = ["executionRoleArn", "taskRoleArn"].flatMap(
    (key) => /^arn:aws[a-z-]*:iam::(\d{12}):role\//.exec(textAt(props, key) ?? "")?.[1] ?? [],
  );
  const [account, ...others] = new Set([...(accountsIn(providerProps) ?? []), ...ofRoles]);
  return others.length === 0 ? account : undefined;
}

/** The workload behind a resource, and what is wrong with the exemption in its tags. */
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
