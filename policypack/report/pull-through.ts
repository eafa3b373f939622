import { formatReference, printableName, type Reference } from "../oci/reference";
import { facts, type ImageUser, named, type Named, usedBy, usedByNames } from "./layout";

/** An image that a pull through cache does not have yet, and whose upstream was checked in its place. */
export function imageToImport(image: string, users: readonly ImageUser[], upstream: Reference): string {
  return [
    "The pull through cache does not have this image yet. The first task imports it,",
    "if its execution role allows ecr:BatchImportUpstreamImage and ecr:CreateRepository.",
    "",
    ...facts([
      ["image", printableName(image)],
      ...usedBy(users),
      ["checked", printableName(formatReference(upstream))],
    ]),
  ].join("\n");
}

/** An execution role that does not let ECS import an image through a pull through cache. */
export function missingImport(
  role: Named,
  users: readonly Named[],
  image: string,
  missing: readonly string[],
): string {
  const variable = /^[A-Za-z_]\w*$/.test(role.name) ? role.name : "role";
  return [
    "ECS can import this image through the pull through cache only if the registry's",
    "policy allows it: the policies of the execution role do not. Until the cache has",
    "the image, tasks stop with CannotPullContainerError.",
    "",
    ...facts([
      ["execution role", named(role)],
      ...usedByNames(users),
      ["image", printableName(image)],
      ["missing", missing.join(", ")],
    ]),
    "",
    "Fix: add a policy to the role. In TypeScript:",
    '  new aws.iam.RolePolicy("import-images", {',
    `    role: ${variable}.name,`,
    "    policy: pulumi.jsonStringify({",
    '      Version: "2012-10-17",',
    "      Statement: [{",
    '        Effect: "Allow",',
    `        Action: [${missing.map((action) => `"${action}"`).join(", ")}],`,
    '        Resource: "*",',
    "      }],",
    "    }),",
    "  });",
    "In YAML:",
    "  import-images:",
    "    type: aws:iam:RolePolicy",
    "    properties:",
    `      role: \${${variable}.name}`,
    "      policy:",
    "        fn::toJSON:",
    '          Version: "2012-10-17"',
    "          Statement:",
    "            - Effect: Allow",
    `              Action: [${missing.map((action) => `"${action}"`).join(", ")}]`,
    '              Resource: "*"',
  ].join("\n");
}
