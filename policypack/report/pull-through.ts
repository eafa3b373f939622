import { formatReference, printableName, type Reference } from "../oci/reference";
import { facts, type ImageUser, usedBy } from "./layout";

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
