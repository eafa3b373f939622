import type { InspectedManifest } from "../inspection/inspected-image";
import { imagesTooLarge, type SizedImage } from "../report";
import { deploymentRisks, type JudgedTask, type PolicyDefinition } from "./definition";

/** Blocks tasks whose images cannot fit into their ephemeral storage on Fargate. */
export const imageSize: PolicyDefinition = {
  name: "image-size",
  displayName: "The images of every Fargate task fit into its storage",
  description: "The images of a Fargate task must fit into its ephemeral storage.",
  enforcementLevel: "mandatory",
  severity: "high",
  framework: deploymentRisks,
  tags: ["ecs", "fargate", "container-images"],
  remediationSteps: "Raise ephemeralStorage, up to 200 GiB, or make the images smaller.",
  judgeTask: (task) => {
    const images = task.images.flatMap(sized).sort((a, b) => b.bytes - a.bytes);
    const [largest] = images;
    if (largest === undefined) return undefined;
    const { image } = largest;
    const bytes = totalOf(images.flatMap(({ layers }) => layers));
    const storage = task.storageGiB * 1024 ** 3;
    if (bytes > storage) return { image, message: imagesTooLarge(task, images, bytes, false) };
    // Fargate stores the compressed and the unpacked image there, and hardly any image shrinks when it is unpacked.
    return 2 * bytes > storage
      ? { image, message: imagesTooLarge(task, images, bytes, true), remark: true }
      : undefined;
  },
};

interface Measured extends SizedImage {
  readonly layers: InspectedManifest["layers"];
}

/** The smallest of the manifests that a runtime may take; nothing of an image that was not read. */
function sized({ image, inspection }: JudgedTask["images"][number]): Measured[] {
  if (!inspection.ok) return [];
  const measured = inspection.value.manifests.map(({ layers }) => ({
    image,
    layers,
    bytes: totalOf(layers),
  }));
  return measured.sort((a, b) => a.bytes - b.bytes).slice(0, 1);
}

/** Bytes; a layer that several images share is stored once. */
function totalOf(layers: InspectedManifest["layers"]): number {
  const sizes = new Map(layers.map(({ digest, size }) => [digest, Math.max(0, size)]));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
