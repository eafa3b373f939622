import { isObject, isRecord, isRedacted, member, type Reading } from "../common/values";
import { matchesWildcard } from "../common/wildcard";

/** An Allow statement of an IAM policy document (IAM User Guide, "Grammar of the IAM JSON policy language"). */
export interface AllowStatement {
  /** Undefined for `NotAction`, or if one is unknown. */
  readonly actions: readonly string[] | undefined;
  /** Undefined for `NotResource`, or if one is unknown; empty in a trust policy. */
  readonly resources: readonly string[] | undefined;
  /** Undefined for `NotPrincipal`, or if one is unknown; empty in a permissions policy. */
  readonly principals: readonly Principal[] | undefined;
  readonly isConditional: boolean;
}

/** `kind` is `Service`, `AWS`, `Federated`, `CanonicalUser`, or `*` for everyone. */
export interface Principal {
  readonly kind: string;
  readonly value: string;
}

/** Whether statements grant something; `maybe` if that depends on what a preview cannot evaluate. */
export type Grant = "yes" | "maybe" | "no";

/** No document of IAM nests nearly as deep. */
const maximumDepth = 16;

/** Stands for a part that a preview does not know. */
const unknownPart = Symbol("unknown");

/**
 * The Allow statements of a policy document, given as JSON text or as an object. Undefined if it is not known which statements allow
 * something, or if it is not a policy document. Keys are matched in any case: a statement that AWS might read counts. Deny statements only take away, and are left out.
 */
export function allowStatements(document: Reading): readonly AllowStatement[] | undefined {
  const value = plain(document, maximumDepth);
  const decoded = typeof value === "string" ? parsed(value) : value;
  if (!isRecord(decoded)) return undefined;
  const list = listOf(part(decoded, "Statement"));
  if (list.length === 0 || !list.every(isRecord)) return undefined;
  if (list.some((one) => part(one, "Effect") === unknownPart)) return undefined;
  const allowing = list.filter((one) => String(part(one, "Effect")).toLowerCase() === "allow");
  const statements = allowing.map(statementOf);
  return statements.every((one) => one !== undefined) ? statements : undefined;
}

/** Whether a list of action patterns covers an action; IAM matches actions in any case. */
export function coversAction(actions: readonly string[], action: string): boolean {
  const wanted = action.toLowerCase();
  return actions.some((pattern) => pattern === action || matchesWildcard(pattern.toLowerCase(), wanted));
}

/** Whether the statements grant an action on a resource, which is judged by `covers`, pattern by pattern. */
export function grants(
  statements: readonly AllowStatement[],
  action: string,
  covers: (pattern: string) => Grant,
): Grant {
  const found = statements.map(({ actions, resources, isConditional }): Grant => {
    if (actions === undefined) return "maybe";
    if (!coversAction(actions, action)) return "no";
    if (resources === undefined || isConditional) return "maybe";
    return strongest(resources.map(covers));
  });
  return strongest(found);
}

export function strongest(found: readonly Grant[]): Grant {
  return found.includes("yes") ? "yes" : found.includes("maybe") ? "maybe" : "no";
}

function statementOf(statement: Record<string, unknown>): AllowStatement | undefined {
  const actions = textsOf(part(statement, "Action"));
  const resources = textsOf(part(statement, "Resource"));
  const principals = principalsOf(part(statement, "Principal"));
  if (actions === undefined || resources === undefined || principals === undefined) return undefined;
  const has = (key: string) => part(statement, key) !== undefined;
  return {
    actions: has("NotAction") ? undefined : known(actions),
    resources: has("NotResource") ? undefined : known(resources),
    principals: has("NotPrincipal") ? undefined : known(principals),
    isConditional: has("Condition"),
  };
}

type Unknown = typeof unknownPart;

function known<T>(value: T | Unknown): T | undefined {
  return value === unknownPart ? undefined : value;
}

function principalsOf(principal: unknown): Principal[] | Unknown | undefined {
  if (principal === undefined) return [];
  if (principal === unknownPart) return unknownPart;
  if (principal === "*") return [{ kind: "*", value: "*" }];
  if (!isRecord(principal)) return undefined;
  const found: Principal[] = [];
  for (const [kind, values] of Object.entries(principal)) {
    const texts = textsOf(values);
    if (texts === undefined || texts === unknownPart) return texts;
    found.push(...texts.map((value) => ({ kind, value })));
  }
  return found;
}

/** Undefined for a list that holds anything but texts; empty if there is none. */
function textsOf(value: unknown): string[] | Unknown | undefined {
  const list = listOf(value);
  if (list.includes(unknownPart)) return unknownPart;
  return list.every((one) => typeof one === "string") ? list : undefined;
}

function listOf(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function part(holder: Record<string, unknown>, key: string): unknown {
  const reading = member(holder, key, "any-case");
  return reading.state === "known" ? reading.value : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A copy without what may throw when it is read. */
function plain(reading: Reading, depth: number): unknown {
  if (reading.state !== "known" || depth === 0) return unknownPart;
  const { value } = reading;
  if (isRedacted(value)) return unknownPart;
  if (!isObject(value)) return value;
  const entries = Object.keys(value)
    .map((key) => [key, member(value, key)] as const)
    .filter(([, one]) => one.state !== "absent")
    .map(([key, one]) => [key, plain(one, depth - 1)] as const);
  return Array.isArray(value) ? entries.map(([, one]) => one) : Object.fromEntries(entries);
}
