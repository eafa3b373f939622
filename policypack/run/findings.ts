import { exemptionInWords, uncheckedImages, useInWords } from "../report";
import { groupBy } from "../common/values";
import type { Settings } from "../settings";
import { runtimesOfTasks } from "../runtimes/ecs-runtimes";
import type { ImageFinding, JudgedImage, PolicyDefinition } from "../policies/definition";
import type { Inspection } from "../inspection/inspector";
import type { Review, ReviewedImage, Workload } from "./review";
import type { Session } from "./session";

/** What a policy says, and where it is shown. */
export interface Finding extends ImageFinding {
  /** The resource to show it at. */
  readonly urn: string;
}

/** More images than this that fail alike are told in one block: a dead registry must not fill the screen. */
const mostAlike = 5;

/**
 * A policy's judgement of every image of a review, each at the first resource that runs it.
 *
 * @param run what the run tells: what the program pushes or makes in the update that is previewed
 */
export function imageFindings(
  review: Review,
  settings: Settings,
  run: Pick<JudgedImage, "isActive"> & Pick<Session, "willPush" | "mayMakeSecret">,
  judge: PolicyDefinition["judge"],
): Finding[] {
  if (judge === undefined) return [];
  const { allowOciMix, runtimes } = settings;
  const found = review.images.flatMap((reviewed) => {
    const uses = reviewed.users.map(({ use }) => use);
    const finding = judge({
      ...reviewed,
      inspection: withoutMadeSecret(reviewed.inspection, run),
      runtimes: runtimesOfTasks(uses, runtimes),
      allowOciMix,
      toCome: run.willPush(reviewed.image),
      isActive: run.isActive,
    });
    return finding === undefined ? [] : [{ reviewed, finding, urn: reviewed.users[0]?.workload.urn ?? "" }];
  });
  const alike = groupBy(found, ({ reviewed, finding: { cause, shared }, urn }) =>
    JSON.stringify(
      shared?.key ?? (cause === undefined ? [reviewed.image, urn] : [cause.kind, cause.message]),
    ),
  );
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    const users = group.flatMap(({ reviewed }) => reviewed.users);
    if (first?.finding.shared !== undefined)
      return [{ ...first.finding, message: first.finding.shared.message(users), urn: first.urn }];
    if (first?.finding.cause === undefined || group.length <= mostAlike)
      return group.map(({ finding, urn }) => ({ ...finding, urn }));
    const images = group.map(({ reviewed }) => reviewed.image);
    return [{ message: uncheckedImages(images, users, first.finding.cause), urn: first.urn }];
  });
}

/** What a secret holds says nothing if the program may make or change it. */
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
  review: Review,
  { willPush }: Pick<Session, "willPush">,
  judge: PolicyDefinition["judgeTask"],
): Finding[] {
  if (judge === undefined) return [];
  const tasks = new Map<string, { readonly workload: Workload; readonly images: ReviewedImage[] }>();
  for (const reviewed of review.images)
    for (const { workload } of willPush(reviewed.image) ? [] : reviewed.users) {
      const task = tasks.get(workload.urn) ?? { workload, images: [] };
      tasks.set(workload.urn, task);
      if (task.images.at(-1) !== reviewed) task.images.push(reviewed);
    }
  return [...tasks].flatMap(([urn, { workload, images }]) => {
    const { storageGiB } = workload.images;
    const finding = storageGiB === undefined ? undefined : judge({ workload, storageGiB, images });
    return finding === undefined ? [] : [{ ...finding, urn }];
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
    return finding === undefined ? [] : [{ ...finding, urn: workload.urn }];
  });
}

/**
 * A policy's judgement of the task definitions that could not be read: one finding for each reason, and only one for all that the same run
 * may not read.
 */
export function unreadFindings({ unread }: Review, judge: PolicyDefinition["judgeUnread"]): Finding[] {
  if (judge === undefined) return [];
  const alike = groupBy(unread, ({ failure: { kind, message } }) =>
    kind === "denied" ? kind : JSON.stringify([kind, message]),
  );
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const byName = groupBy(group, ({ named }) => named.name);
    const named = [...byName].map(([name, all]) => ({ name, users: all.map(({ workload }) => workload) }));
    return [{ ...judge(named, first.failure), urn: first.workload.urn }];
  });
}
