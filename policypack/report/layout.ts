import { count, printable } from "../common/text";
import type { ImageUse } from "../workloads/image-use";

/** Which container of which resource; the reports need no more of a workload than its name. */
export interface ImageUser {
  readonly workload: {
    readonly name: string;
    /** Which the containers stand in, if the resource only names it: `web:7`. */
    readonly taskDefinition?: string;
  };
  readonly use: Pick<ImageUse, "container">;
}

export type Fact = readonly [label: string, value: string, breaking?: "unbroken"];

export const columns = 80;

/** Aligned, and wrapped at 80 columns between words. */
export function facts(rows: readonly Fact[]): string[] {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.flatMap(([label, value, breaking]) =>
    (breaking === undefined ? wrapped(value, columns - width - 1) : [value]).map(
      (line, i) => `${(i === 0 ? label : "").padEnd(width)} ${line}`,
    ),
  );
}

/** The text's words in lines of so many columns, save for words that are longer. */
export function wrapped(text: string, width: number = columns): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The containers of the first resource, and how many others there are: each has a finding of its own. Nothing for a bare name. */
export function usedBy(users: readonly ImageUser[]): Fact[] {
  const [first, ...others] = groupByName(users);
  if (first === undefined) return [];
  const [workload, containers] = first;
  const more = others.length === 0 ? "" : `, and ${count(others.length, "other resource")}`;
  return [["used by", `${workload}: ${listed(containers.map(quoted), "other")}${more}`]];
}

/** A line for each resource: for a message that reports them all. */
export function usedByAll(users: readonly ImageUser[]): Fact[] {
  const words = [...groupByName(users)].map(
    ([workload, containers]) => `${workload}: ${listed(containers.map(quoted), "other")}`,
  );
  const shown = words.slice(0, maximumUsers);
  if (words.length > shown.length) shown.push(`and ${count(words.length - shown.length, "other resource")}`);
  return shown.map((line, i) => [i === 0 ? "used by" : "", line]);
}

/** What a report shows of a resource of the program. */
export interface Named {
  readonly name: string;
  readonly type: string;
}

/** Name and type: a program may have several resources of one name. */
export function named({ name, type }: Named): string {
  return `${quoted(name)} (${type})`;
}

/** The resources that share what is reported. */
export function usedByNames(users: readonly Named[]): Fact[] {
  return [
    [
      "used by",
      listed(
        users.map(({ name }) => quoted(name)),
        "other",
      ),
    ],
  ];
}

const maximumUsers = 10;

function groupByName(users: readonly ImageUser[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { workload, use } of users) {
    const name = ownerInWords(workload);
    const containers = groups.get(name);
    if (containers === undefined) groups.set(name, [use.container]);
    else containers.push(use.container);
  }
  return groups;
}

/** A resource, and the task definition that it names, if the containers stand in one. */
export function ownerInWords({ name, taskDefinition }: ImageUser["workload"]): string {
  return taskDefinition === undefined
    ? quoted(name)
    : `${quoted(name)}, task definition ${quoted(taskDefinition)}`;
}

/** At most as many as a task may have containers; the rest is counted. */
export function listed(names: readonly string[], noun: string): string {
  const shown = names.slice(0, maximumUsers);
  if (names.length > shown.length) shown.push(`and ${count(names.length - shown.length, noun)}`);
  return shown.join(", ");
}

export function quoted(name: string): string {
  return `\`${printable(name, 80)}\``;
}
