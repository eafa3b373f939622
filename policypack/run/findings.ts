import type { Failure } from "../common/outcome";
import { printable } from "../common/text";
import { groupBy } from "../common/values";
import { printableName, referenceIn } from "../oci/reference";
import {
  type Cause,
  exemptionInWords,
  type FirstOfCause,
  groupByCause,
  sameCause,
  sharedBase,
  sharedByOthers,
  uncheckedImages,
  useInWords,
} from "../report";
import type { Settings } from "../settings";
import { runtimesOfTasks } from "../runtimes/ecs-runtimes";
import type { ImageFinding, JudgedImage, PolicyDefinition, TaskFinding } from "../policies/definition";
import { unverifiedImage } from "../policies/unverified-image";
import type { Inspection } from "../inspection/inspector";
import type { Session } from "./session";
import type { Review, ReviewedImage, Workload } from "./review";

/** A finding of a policy, and the resource at which it is shown. */
export interface Finding extends Omit<ImageFinding, "cause"> {
  /** The resource to show it at. */
  readonly urn: string;
}

/** More images of one registry than this that fail alike are listed in one message: a dead registry must not fill the screen. */
const mostAlike = 5;

/** The findings that explained their causes, by the causes' keys. An update judges one resource after another, and explains a cause once. */
export type Explained = Map<string, FirstOfCause>;

interface Found {
  readonly reviewed: ReviewedImage;
  readonly finding: ImageFinding;
}

/**
 * A policy's judgement of every image of a review, at each resource that runs it. The first finding with a cause explains it, the others refer
 * to that one. A remark, and a finding without a cause, is shown at the first resource of its image only.
 *
 * @param run what the run knows: what the program pushes or makes in the update that is previewed
 * @param explained is added to
 */
export function imageFindings(
  review: Review,
  settings: Settings,
  run: Pick<JudgedImage, "isActive" | "levelOf"> & Pick<Session, "willPush" | "mayMakeSecret">,
  judge: PolicyDefinition["judge"],
  explained: Explained,
): Finding[] {
  if (judge === undefined) return [];
  const { allowOciMix, runtimes } = settings;
  const { isActive, levelOf, willPush } = run;
  const found = review.images.flatMap((reviewed): Found[] => {
    const judged: JudgedImage = {
      ...reviewed,
      inspection: withoutMadeSecret(reviewed.inspection, run),
      runtimes: runtimesOfTasks(
        reviewed.users.map(({ use }) => use),
        runtimes,
      ),
      allowOciMix,
      toCome: willPush(reviewed.image),
      isActive,
      ...(levelOf && { levelOf }),
    };
    let finding: ImageFinding | undefined;
    try {
      finding = judge(judged);
    } catch (error) {
      // It must not hide what the policy says of other images.
      finding = defect(error, run, printableName(reviewed.image));
    }
    return finding === undefined ? [] : [{ reviewed, finding }];
  });
  return groupByCause(found, groupOf).flatMap(({ members }) => {
    const [first] = members;
    if (first?.finding.shared !== undefined) {
      const users = members.flatMap(({ reviewed }) => reviewed.users);
      return [{ ...first.finding, message: first.finding.shared.message(users), urn: urnOf(first.reviewed) }];
    }
    const listed = members.length > mostAlike ? listOf(members, review) : undefined;
    return listed === undefined ? explain(members, explained) : [listed];
  });
}

/**
 * What a policy says if it fails itself. Like an image that could not be checked, that blocks only where `unverified-image` does.
 *
 * @param what it could not judge
 */
export function defect(
  error: unknown,
  { levelOf }: Pick<JudgedImage, "levelOf">,
  what?: string,
): ImageFinding {
  const words = printable(error instanceof Error ? error.message : String(error));
  const judged = what === undefined ? "" : ` ${what}`;
  return {
    message: `The guard itself failed here and could not judge${judged}: ${words}\nThis is a defect of pulumi-ecs-image-guard; please report it.`,
    ...(levelOf?.(unverifiedImage.name) === "mandatory" ? {} : { remark: true }),
  };
}

function groupOf({ finding: { shared, cause } }: Found): Cause | undefined {
  return shared === undefined ? cause : { kind: "image", key: shared.key };
}

/** One message for many images that one registry did not give; undefined if that is not their cause, or their list is too long. */
function listOf(members: readonly Found[], { images }: Review): Finding | undefined {
  const [first] = members;
  const { kind, failure } = first?.finding.cause ?? {};
  if (first === undefined || kind !== "registry" || failure === undefined) return undefined;
  const registry = referenceIn(first.reviewed.image)?.registry;
  const ofRegistry = images.filter(({ image }) => referenceIn(image)?.registry === registry);
  const message = uncheckedImages(
    members.map(({ reviewed }) => reviewed.image),
    failure,
    ofRegistry.length === members.length,
  );
  return message === undefined ? undefined : { message, urn: urnOf(first.reviewed) };
}

/** The findings of images with one cause, at each resource. */
function explain(members: readonly Found[], explained: Explained): Finding[] {
  const base = sharedBase(members.flatMap(({ finding }) => finding.cause?.inspected ?? []));
  return members.flatMap(({ reviewed: { image, users }, finding: { message, cause, remark } }): Finding[] => {
    const shown = remark ? { remark } : {};
    const everywhere = remark === undefined && cause !== undefined;
    const resources = [...groupBy(users, ({ workload }) => workload.urn).values()].slice(
      0,
      everywhere ? undefined : 1,
    );
    return resources.flatMap((own): Finding[] => {
      const [user] = own;
      if (user === undefined) return [];
      const { urn, name } = user.workload;
      const first = cause === undefined ? undefined : explained.get(cause.key);
      if (cause === undefined) return [{ message, urn, ...shown }];
      if (first === undefined) {
        explained.set(cause.key, { image, resource: name });
        const note = sharedByOthers(members.length - 1, base);
        return [{ message: [message, ...note].join("\n"), urn, ...shown }];
      }
      const containers = own.map(({ use }) => use.container);
      return [{ message: sameCause(cause.summary, first, image, containers), urn, ...shown }];
    });
  });
}

function urnOf({ users }: ReviewedImage): string {
  return users[0]?.workload.urn ?? "";
}

/** The content of a secret proves nothing if the program may make or change it. */
function withoutMadeSecret(
  { loginFault, ...inspection }: Inspection,
  { mayMakeSecret }: Pick<Session, "mayMakeSecret">,
): Inspection {
  return loginFault === undefined || mayMakeSecret(loginFault.secret)
    ? inspection
    : { ...inspection, loginFault };
}

/** A policy's judgement of all the images of each task together. */
export function taskFindings(
  { images }: Review,
  { willPush }: Pick<Session, "willPush">,
  judge: PolicyDefinition["judgeTask"],
): Finding[] {
  const known = images.filter(({ image }) => !willPush(image));
  return judgeTasks(known, judge).map(({ workload, finding }) => ({ ...finding, urn: workload.urn }));
}

/** An image, and the resources or files, each of one task, that run it. */
interface TaskImage extends Pick<ReviewedImage, "image" | "inspection"> {
  readonly users: readonly { readonly workload: Pick<Workload, "name" | "taskDefinition" | "images"> }[];
}

type TaskOf<I extends TaskImage> = I["users"][number]["workload"];

/** Judges the images of each task together: those whose users have one and the same workload. */
export function judgeTasks<I extends TaskImage>(
  images: readonly I[],
  judge: PolicyDefinition["judgeTask"],
): { readonly workload: TaskOf<I>; readonly images: readonly I[]; readonly finding: TaskFinding }[] {
  if (judge === undefined) return [];
  const tasks = new Map<TaskOf<I>, Set<I>>();
  for (const one of images)
    for (const { workload } of one.users) tasks.set(workload, (tasks.get(workload) ?? new Set()).add(one));
  return [...tasks].flatMap(([workload, own]) => {
    const { storageGiB, storageIsFixed } = workload.images;
    if (storageGiB === undefined) return [];
    const finding = judge({
      workload,
      storageGiB,
      ...(storageIsFixed && { storageIsFixed }),
      images: [...own],
    });
    return finding === undefined ? [] : [{ workload, images: [...own], finding }];
  });
}

/** The exemptions that are in force, and those that have ended: none blocks. */
export function exemptionsOf(review: Review): Finding[] {
  return review.exempt.map(({ workload, use, exemption }) => ({
    message: exemptionInWords(useInWords(workload, use), exemption),
    urn: workload.urn,
    remark: true,
  }));
}

/** A policy's judgement of the places where no image can be read. */
export function placeFindings(
  review: Review,
  { isActive }: Pick<JudgedImage, "isActive">,
  judge: PolicyDefinition["judgePlace"],
): Finding[] {
  if (judge === undefined) return [];
  return review.unreadable.flatMap(({ workload, use }) => {
    const finding = judge({ workload, use, isActive });
    if (finding === undefined) return [];
    const { message, remark } = finding;
    return [{ message, urn: workload.urn, ...(remark && { remark }) }];
  });
}

/**
 * A policy's judgement of the task definitions that could not be read: one finding for each reason, and only one for all that the same run
 * may not read.
 */
export function unreadFindings(
  { unread }: Review,
  judge: PolicyDefinition["judgeUnread"],
): (Finding & { readonly failure: Failure })[] {
  if (judge === undefined) return [];
  const alike = groupBy(unread, ({ failure: { kind, message } }) =>
    kind === "denied" ? kind : JSON.stringify([kind, message]),
  );
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const byName = groupBy(group, ({ named }) => named.name);
    const named = [...byName].map(([name, all]) => ({ name, users: all.map(({ workload }) => workload) }));
    return [{ ...judge(named, first.failure), urn: first.workload.urn, failure: first.failure }];
  });
}
