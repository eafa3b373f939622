import { failure } from "../common/outcome";
import { madeOnce } from "../common/values";
import type { TraceStep } from "../common/trace";
import type { Exemption } from "../exemptions/exemptions";
import { type Inspection, predictionsFor, unreadParts } from "../inspection/inspected-image";
import type { Platform } from "../oci/platform";
import { printableName } from "../oci/reference";
import { exemptionInWords, type ImageUser, useInWords } from "../report";
import type { Prediction, RuntimeName } from "../runtimes/predict";
import { hasRuntimes, type LaunchType, runtimesOfTasks } from "../runtimes/ecs-runtimes";
import type { ImageFinding, JudgedImage } from "../policies/definition";
import { unverifiedImage } from "../policies/unverified-image";
import type { Settings } from "../settings";
import type { UnreadableUse } from "../workloads/image-use";
import type { PolicyInForce } from "./configuration";
import type { TaskDefinition } from "./task-definition";

/** Who runs an image: a container of a task definition, or a task that nobody described (a bare name). */
export interface InspectedUse {
  readonly user?: ImageUser & { readonly workload: TaskDefinition };
  readonly launchTypes: readonly LaunchType[];
}

/** A task on any runtime that ECS uses. */
export const anyTask: InspectedUse = { launchTypes: ["FARGATE", "EC2"] };

/** What one policy sees of an image: the same as the others with the same settings. */
export interface PolicyView extends PolicyInForce {
  /** Undefined if all uses are exempt: the image is not read then. */
  readonly inspection: Inspection | undefined;
  /** Those that are not exempt. */
  readonly uses: readonly InspectedUse[];
  readonly exempt: readonly { readonly use: InspectedUse; readonly exemption: Exemption }[];
  /** What the policy finds about tasks, which is reported at this image: complete when all images were read. */
  readonly ofTasks: readonly ImageFinding[];
}

/** One image for one platform, and what its inspection gave. */
export interface InspectedName {
  readonly image: string;
  readonly platform: Platform;
  /** Named on the command line, in place of those of ECS; empty: none. */
  readonly runtimes: readonly RuntimeName[];
  readonly users: readonly ImageUser[];
  /** Of the enabled policies. */
  readonly views: readonly PolicyView[];
  /** With `--explain`: how it came to that. */
  readonly steps?: readonly TraceStep[];
}

export interface Finding {
  /** The policy's name. */
  readonly policy: string;
  readonly level: "mandatory" | "advisory";
  readonly message: string;
}

/**
 * - `blocked`: a mandatory policy has a finding
 * - `unverified`: not blocked, and a part that could change the verdict was not read
 * - `warning`: an advisory policy has a finding about an image that was read
 * - `exempt`: the configuration exempts it, and no policy that it is not exempt from has a finding
 */
export type Verdict = "ok" | "warning" | "exempt" | "unverified" | "blocked";

/** What the report says of one image, or of a place in a task definition where no image can be read. */
export interface JudgedName extends Omit<InspectedName, "image" | "platform" | "views"> {
  readonly image: string | null;
  readonly platform: Platform | null;
  /** Null for an exempt image, and without an image. */
  readonly inspection: Inspection | null;
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
}

/**
 * What the policies say of an image. It is judged at once, while others are still read.
 *
 * @returns the result, for when all images were read and `ofTasks` is complete
 */
export function judged({ views, ...inspected }: InspectedName): () => JudgedName {
  const { image, platform, runtimes } = inspected;
  const levels = new Map(views.map(({ definition: { name }, level }) => [name, severityOf(level)]));
  const judgedIn = ({ settings, uses }: PolicyView, inspection: Inspection): JudgedImage => {
    const tasks = uses.map(({ launchTypes }) => ({ launchTypes, platform }));
    const runtimesMet = runtimesOfTasks(tasks, settings.runtimes);
    return {
      image,
      platform,
      users: uses.flatMap(({ user }) => user ?? []),
      inspection,
      runtimes: runtimes.length > 0 && hasRuntimes(platform) ? runtimes : runtimesMet,
      allowOciMix: settings.allowOciMix,
      toCome: false,
      isActive: (policy) => levels.has(policy),
      levelOf: (policy) => levels.get(policy),
    };
  };
  const read = new Map<Settings, JudgedImage>();
  const own = views.map((view) => {
    const { definition, settings, inspection } = view;
    if (inspection === undefined) return undefined;
    return definition.judge?.(madeOnce(read, settings, () => judgedIn(view, inspection)));
  });
  const exempt = views.some((view) => view.exempt.some(({ exemption }) => exemption.state === "in-force"));
  // Whichever policies are disabled, an image that was not read is not ok, and the report says why.
  const reasons = read.size > 0 || exempt ? [...read.values()].flatMap(whyUnread) : notRead;
  const isPartlyUnread = [...read.values()].some(({ inspection }) => unreadParts(inspection).length > 0);
  const remarks = remarksOf(image, views);
  const [first] = read.values();
  return () => {
    const found = views.flatMap(({ definition: { name }, level, ofTasks }, at) =>
      [own[at], ...ofTasks].flatMap((one) => findingOf(name, level, one)),
    );
    const findings =
      found.length > 0 ? found.toSorted((a, b) => priorityOf(a) - priorityOf(b)) : reasons.slice(0, 1);
    const unread = isPartlyUnread || (found.length === 0 && reasons.length > 0);
    return {
      ...inspected,
      inspection: first?.inspection ?? null,
      findings: [...findings, ...remarks],
      verdict: verdictOf(findings, unread, exempt),
    };
  };
}

/** What reports in text show: every finding that blocks, else the first one. */
export function shownFindings({ findings }: Pick<JudgedName, "findings">): readonly Finding[] {
  const blocking = findings.filter(({ level }) => level === "mandatory");
  return blocking.length > 0 ? blocking : findings.slice(0, 1);
}

/** What decides comes first. */
function priorityOf({ level, policy }: Finding): number {
  if (level === "mandatory") return 0;
  return policy === unverifiedImage.name ? 1 : 2;
}

const notRead: readonly Finding[] = [
  {
    policy: unverifiedImage.name,
    level: "advisory",
    message: "Not verified: the configuration disables every policy.",
  },
];

/** What `unverified-image` would say if no other policy were at work. */
function whyUnread(judged: JudgedImage): Finding[] {
  const { inspection } = judged;
  if (inspection.ok && unreadParts(inspection).length === 0) return [];
  const finding = unverifiedImage.judge?.({ ...judged, isActive: () => false });
  return findingOf(unverifiedImage.name, "advisory", finding);
}

/** What the enabled policies say of a place without an image. */
export function judgedPlace(
  workload: ImageUser["workload"],
  use: UnreadableUse,
  policies: readonly PolicyInForce[],
): JudgedName {
  const isActive = (policy: string) => policies.some(({ definition }) => definition.name === policy);
  const found = policies.flatMap(({ definition, level }) =>
    findingOf(definition.name, level, definition.judgePlace?.({ workload, use, isActive })),
  );
  const reason = unverifiedImage.judgePlace?.({ workload, use, isActive: () => false });
  const findings = found.length > 0 ? found : findingOf(unverifiedImage.name, "advisory", reason);
  return {
    image: null,
    platform: null,
    inspection: null,
    runtimes: [],
    users: [{ workload, use: { container: use.container ?? use.path } }],
    findings,
    verdict: verdictOf(findings, true, false),
  };
}

function findingOf(
  policy: string,
  level: PolicyInForce["level"],
  found: ImageFinding | undefined,
): Finding[] {
  if (found === undefined) return [];
  const { message, remark } = found;
  return [{ policy, level: remark ? "advisory" : severityOf(level), message }];
}

function severityOf(level: PolicyInForce["level"]): Finding["level"] {
  return level === "mandatory" ? "mandatory" : "advisory";
}

/** Exemptions in force, and those that have ended, each once for all policies that share it. */
function remarksOf(image: string, views: readonly PolicyView[]): Finding[] {
  const remarks = views.flatMap(({ definition, exempt }) =>
    exempt.map(({ use: { user }, exemption }): [string, Finding] => {
      const what =
        user === undefined ? printableName(image) : useInWords(user.workload, { ...user.use, image });
      const message = exemptionInWords(what, exemption);
      return [message, { policy: definition.name, level: "advisory", message }];
    }),
  );
  return [...new Map(remarks.reverse()).values()].reverse();
}

function verdictOf(findings: readonly Finding[], unread: boolean, exempt: boolean): Verdict {
  if (findings.some(({ level }) => level === "mandatory")) return "blocked";
  if (unread) return "unverified";
  if (findings.length > 0) return "warning";
  return exempt ? "exempt" : "ok";
}

/** What each runtime would do with the image; none for Windows, nor if its document was not read. */
export function predictionsOf({ platform, inspection, runtimes }: JudgedName): readonly Prediction[] {
  return platform !== null && inspection !== null && hasRuntimes(platform)
    ? predictionsFor(inspection, runtimes)
    : [];
}

/** 0 nothing is blocked, 1 an image would be blocked, 2 an image could not be checked and none is blocked. */
export function exitCode(results: readonly Pick<JudgedName, "verdict">[]): 0 | 1 | 2 {
  const verdicts = new Set(results.map(({ verdict }) => verdict));
  if (verdicts.has("blocked")) return 1;
  return verdicts.has("unverified") ? 2 : 0;
}

/** The inspection that stands for an image whose time ran out. */
export function overdue(seconds: number): Inspection {
  return failure("timeout", `the time budget of ${seconds} s for this run was used up first`);
}
