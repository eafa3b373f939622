import { member, type Reading } from "../common/values";

/** Whether resources of a type make secrets of AWS Secrets Manager, or put something into them. */
export function isSecretType(type: string): boolean {
  return /^aws(?:-native)?:secretsmanager[/:]/.test(type);
}

/**
 * Whether such a resource may concern a secret. One whose name is not known yet may concern any.
 *
 * @param secret its ARN or name
 */
export function mayConcern(props: unknown, secret: string): boolean {
  const names = ["secretId", "secretArn", "name"].map((key) => member(props, key));
  const named = names.find(({ state }) => state !== "absent") ?? { state: "unknown" };
  const text = textOf(named);
  return text === undefined || namesOf(text).some((name) => namesOf(secret).includes(name));
}

function textOf(reading: Reading): string | undefined {
  return reading.state === "known" && typeof reading.value === "string" ? reading.value : undefined;
}

/** With and without the six characters that AWS appends in an ARN. */
function namesOf(secret: string): string[] {
  const name = secret.replace(/^arn:[^/]*?:secret:/, "");
  return [name, name.replace(/-[A-Za-z0-9]{6}$/, "")];
}
