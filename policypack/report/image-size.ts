import { printableName } from "../oci/reference";
import { type Fact, facts, type ImageUser, quoted } from "./layout";

export interface SizedImage {
  readonly image: string;
  /** Of its compressed layers. */
  readonly bytes: number;
}

export interface SizedTask {
  readonly workload: ImageUser["workload"];
  readonly storageGiB: number;
  /** Its resource cannot set it. */
  readonly storageIsFixed?: true;
}

/** Of Fargate, in GiB (ECS API, `EphemeralStorage`). */
const storageLimits = { least: 21, most: 200 };
const mostShown = 5;

/**
 * A task whose images leave no room in its storage.
 *
 * @param images the largest first
 */
export function imagesTooLarge(
  { workload, storageGiB, storageIsFixed }: SizedTask,
  images: readonly SizedImage[],
  bytes: number,
  isLikely: boolean,
): string {
  // Compressed, unpacked at about twice that, and some room to work.
  const wanted = Math.max(storageLimits.least, Math.ceil((3 * bytes) / 1024 ** 3) + 1);
  return [
    ...(isLikely
      ? [
          "The images of this task may not fit into its ephemeral storage. Fargate stores",
          "their compressed and their unpacked layers there.",
        ]
      : [
          "The images of this task do not fit into its ephemeral storage. Every task stops:",
          "  CannotPullContainerError: … no space left on device",
        ]),
    "",
    ...facts([
      ["task", quoted(workload.name)],
      ["storage", `${storageGiB} GiB`],
      ["layers", `${inGiB(bytes)} compressed, and as much again or more unpacked`],
      ...images
        .slice(0, mostShown)
        .map((one, i): Fact => [i === 0 ? "images" : "", `${inGiB(one.bytes)} ${printableName(one.image)}`]),
    ]),
    "",
    ...(storageIsFixed
      ? [`Fix: make the images smaller. An Express service has ${storageGiB} GiB.`]
      : wanted > storageLimits.most
        ? [`Fix: make the images smaller. Fargate offers at most ${storageLimits.most} GiB.`]
        : [
            "Fix: make the images smaller, or give the task more storage. In TypeScript:",
            `  ephemeralStorage: { sizeInGib: ${wanted} },`,
            "In YAML:",
            "  ephemeralStorage:",
            `    sizeInGib: ${wanted}`,
            "aws-native and AWS Batch spell it sizeInGiB.",
          ]),
  ].join("\n");
}

function inGiB(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
