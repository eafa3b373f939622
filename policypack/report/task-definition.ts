import type { Failure, FailureKind } from "../common/outcome";
import { wrapped, facts, listed, quoted, type ImageUser } from "./layout";

/** A task definition that the program only names, and who names it. */
export interface NamedBy {
  readonly name: string;
  readonly users: readonly ImageUser["workload"][];
}

/** Task definitions that could not be read for one and the same reason, so their images were not checked. */
export function unreadTaskDefinitions(unread: readonly NamedBy[], { kind, message, fix }: Failure): string {
  const one = unread.length === 1;
  const users = new Set(unread.flatMap((named) => named.users.map(({ name }) => quoted(name))));
  const [lead, todo] = words[kind] ?? other;
  return [
    ...wrapped(lead(one)),
    "",
    ...facts([
      [
        one ? "task definition" : "task definitions",
        listed(
          unread.map(({ name }) => quoted(name)),
          "other",
        ),
      ],
      ["used by", listed([...users], "other resource")],
      ["problem", `${kind}: ${message}`],
      ["fix", fix ?? todo],
    ]),
  ].join("\n");
}

type Words = readonly [lead: (one: boolean) => string, todo: string];

const other: Words = [
  (one) =>
    `${one ? "This task definition" : "These task definitions"} could not be read, so ${one ? "its" : "their"} images were not checked.`,
  "run the preview again",
];

const words: Partial<Record<FailureKind, Words>> = {
  denied: [other[0], "allow ecs:DescribeTaskDefinition to whoever runs Pulumi, or set awsIdentities"],
  timeout: [other[0], "try again, or raise timeBudgetSeconds or imageTimeoutSeconds"],
  missing: [
    (one) =>
      `ECS has ${one ? "no such task definition" : "none of these task definitions"}, so it cannot start these tasks.`,
    "register the task definition first, or correct its name, account or region",
  ],
};
