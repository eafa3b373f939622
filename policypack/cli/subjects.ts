import type { Readable } from "node:stream";
import { today } from "../common/dates";
import { type Exemption, findExemption } from "../exemptions/exemptions";
import { formatPlatform, type Platform } from "../oci/platform";
import { referenceIn } from "../oci/reference";
import type { ImageUser } from "../report";
import type { Settings } from "../settings";
import type { UnreadableUse } from "../workloads/image-use";
import { UsageError } from "./arguments";
import { inputName, readInput } from "./input";
import { readTaskDefinition, type TaskDefinition } from "./task-definition";
import { anyTask, type InspectedUse } from "./verdict";

/** One image for one platform, and every task that runs it. */
export interface Subject {
  readonly image: string;
  readonly platform: Platform;
  /** The secret with which ECS reads the registry, if the containers have one. */
  readonly credentialsParameter: string | undefined;
  readonly uses: readonly InspectedUse[];
}

/** Everything that the command line names. */
export interface Subjects {
  readonly images: readonly Subject[];
  /** Places in task definitions where no image can be read. */
  readonly places: readonly { readonly workload: ImageUser["workload"]; readonly use: UnreadableUse }[];
}

/**
 * Reads names and task definitions, each image once.
 *
 * @throws InputError, UsageError
 */
export async function readSubjects(
  args: {
    readonly images: readonly string[];
    readonly taskDefinitions: readonly string[];
    readonly platform: Platform;
  },
  stdin: Readable,
): Promise<Subjects> {
  const names: string[] = [];
  for (const name of args.images)
    names.push(...(name === "-" ? namesIn(await readInput(name, stdin)) : [name]));
  const definitions: TaskDefinition[] = [];
  for (const file of args.taskDefinitions)
    definitions.push(readTaskDefinition(await readInput(file, stdin), inputName(file)));
  const found = new Map<string, Subject & { readonly uses: InspectedUse[] }>();
  const add = (subject: Omit<Subject, "uses">, use: InspectedUse): void => {
    const key = JSON.stringify([
      subject.image,
      formatPlatform(subject.platform),
      subject.credentialsParameter,
    ]);
    const known = found.get(key);
    if (known === undefined) found.set(key, { ...subject, uses: [use] });
    else if (use !== anyTask || !known.uses.includes(anyTask)) known.uses.push(use);
  };
  for (const image of names)
    add({ image, platform: args.platform, credentialsParameter: undefined }, anyTask);
  for (const workload of definitions)
    for (const { container, image, platform, launchTypes, credentialsParameter } of workload.images.uses)
      add({ image, platform, credentialsParameter }, { user: { workload, use: { container } }, launchTypes });
  const places = definitions.flatMap(({ name, images }) =>
    images.unreadable.map((use) => ({ workload: { name }, use })),
  );
  if (found.size + places.length === 0) throw new UsageError("No image was named.");
  return { images: [...found.values()], places };
}

/** Names separated by white space; `#` starts a comment. */
function namesIn(text: string): string[] {
  const lines = text.split(/\r?\n/);
  return lines.flatMap((line) => line.replace(/(^|\s)#.*$/, "").split(/\s+/)).filter((name) => name !== "");
}

/**
 * The uses of an image that a policy judges, and those that are exempt. A pattern of resources is compared with the family of the task
 * definition; no stack is known, so an exemption for a stack does not hold.
 */
export function withExemptions(
  { image, uses }: Subject,
  { exclude }: Pick<Settings, "exclude">,
): { uses: InspectedUse[]; exempt: { use: InspectedUse; exemption: Exemption }[] } {
  if (exclude.length === 0) return { uses: [...uses], exempt: [] };
  const reference = referenceIn(image);
  const judged: InspectedUse[] = [];
  const exempt: { use: InspectedUse; exemption: Exemption }[] = [];
  for (const use of uses) {
    const resource = { name: use.user?.workload.name ?? "", urn: "" };
    const exemption = findExemption(exclude, { image, reference, resource }, today());
    if (exemption !== undefined) exempt.push({ use, exemption });
    if (exemption?.state !== "in-force") judged.push(use);
  }
  return { uses: judged, exempt };
}
