import { printable } from "../common/text";
import type { LoginFault } from "../inspection/inspected-image";
import { facts, type ImageUser, usedByAll } from "./layout";

/** A secret in which ECS finds no login for a registry. */
export function missingLogin(
  { registry, secret, kind, message }: LoginFault,
  users: readonly ImageUser[],
): string {
  const isGone = kind === "missing";
  return [
    isGone
      ? "The login secret of this image does not exist. ECS reads it before it pulls the"
      : "The login secret of this image holds no login. ECS reads it before it pulls the",
    "image, even from a registry that needs no login, and stops every task:",
    "  ResourceInitializationError: unable to pull secrets or registry auth",
    "",
    ...facts([
      ["secret", printable(secret, 200)],
      ["registry", printable(registry, 100)],
      ...usedByAll(users),
      ["problem", isGone ? message : `it ${message}`],
    ]),
    "",
    isGone
      ? "Fix: correct credentialsParameter, or create the secret. Its value in TypeScript:"
      : "Fix: store the login as a JSON object. In TypeScript:",
    '  new aws.secretsmanager.SecretVersion("registry-login", {',
    "    secretId: secret.id,",
    "    secretString: pulumi.jsonStringify({ username, password }),",
    "  });",
    "In YAML:",
    "  registry-login:",
    "    type: aws:secretsmanager:SecretVersion",
    "    properties:",
    "      secretId: ${secret.id}",
    "      secretString:",
    '        fn::toJSON: { username: "${username}", password: "${password}" }',
  ].join("\n");
}
