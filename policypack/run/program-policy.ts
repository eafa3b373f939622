import { exemptionInWords, resourceInWords } from "../report";
import { type Exemption, findExemption } from "../exemptions/exemptions";
import { tagExemptionOf } from "../exemptions/tag-exemption";
import { today } from "../common/dates";
import type { ProgramFinding, ProgramPolicyDefinition } from "../policies/definition";
import type { Resource } from "../program/program";
import type { Settings } from "../settings";
import type { Finding } from "./findings";
import { collectingPolicy, type ImagePolicy } from "./policy-adapter";
import type { Session } from "./session";

/**
 * A policy over a whole program, judged at the end of a preview. An update registers a program's resources one after another, so what belongs
 * to a task definition may come after it: there the policy is silent.
 */
export function programPolicy(session: Session, definition: ProgramPolicyDefinition): ImagePolicy {
  const { judge, concerns, ...metadata } = definition;
  return collectingPolicy(session, {
    ...metadata,
    concerns: (type) => concerns.some((kind) => kind.types.includes(type)),
    collect: (settings) => ({
      add: () => [],
      findings: (resources) => {
        if (resources === undefined) return Promise.resolve([]);
        const program = session.program.of(resources);
        const registries = { hasImage: (image: string) => session.hasImage(image) };
        const found = judge(program, registries);
        return Promise.resolve(found.flatMap((one) => findingsOf(session, one, settings)));
      },
    }),
  });
}

/** The finding for the users that are not exempt, and each exemption. */
function findingsOf(session: Session, found: ProgramFinding, settings: Settings): Finding[] {
  const { users, message, remark } = found;
  const judged = users.map((user) => ({ user, exemption: exemptionOf(user, settings) }));
  const told = judged.flatMap(({ user, exemption }): Finding[] => {
    if (exemption === undefined) return [];
    const words = exemptionInWords(resourceInWords(user.name), exemption);
    const isNews = session.firstTime([user.urn, words]);
    return isNews ? [{ urn: user.urn, message: words, remark: true }] : [];
  });
  const left = judged.flatMap(({ user, exemption }) => (exemption?.state === "in-force" ? [] : [user]));
  const [first] = left;
  return first === undefined
    ? told
    : [...told, { urn: first.urn, message: message(left), ...(remark && { remark }) }];
}

function exemptionOf(
  { urn, name, inputs }: Resource,
  { exclude, allowTagExemptions }: Settings,
): Exemption | undefined {
  const tag = tagExemptionOf(urn, inputs, allowTagExemptions);
  const exclusions = tag !== undefined && "exclusion" in tag ? [...exclude, tag.exclusion] : exclude;
  return findExemption(
    exclusions,
    { image: undefined, reference: undefined, resource: { name, urn } },
    today(),
  );
}
