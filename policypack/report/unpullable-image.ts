import type { InspectedImage } from "../inspection/inspector";
import type { Prediction } from "../runtimes/predict";
import { identified, repairCommands } from "./blocked-image";
import { layerLines } from "./layers";
import { columns, type ImageUser, wrapped } from "./layout";

/** An image that a runtime cannot pull. `predictions`: one for each runtime that its tasks may meet. */
export function unpullableImage(
  image: string,
  users: readonly ImageUser[],
  inspected: InspectedImage,
  predictions: readonly Prediction[],
): string {
  return [
    "A container runtime that the task may meet cannot pull this image.",
    "",
    ...identified(image, users, inspected),
    "",
    ...layerLines(inspected.layers, inspected.config?.history ?? []),
    "",
    ...outcomes(predictions).flatMap(([runtimes, words]) => [
      ...wrapped(`${runtimes}:`),
      ...wrapped(words, columns - 2).map((line) => `  ${line}`),
    ]),
    "",
    ...advice(inspected),
  ].join("\n");
}

/** `containerd-1.6, containerd-1.7` → `CannotPullContainerError: …`: runtimes with the same outcome in one line. */
function outcomes(predictions: readonly Prediction[]): [runtimes: string, words: string][] {
  const groups = new Map<string, string[]>();
  for (const prediction of predictions) {
    const words = prediction.pulls ? "pulls" : `CannotPullContainerError: ${prediction.error}`;
    const { runtime, host } = prediction;
    groups.set(words, [...(groups.get(words) ?? []), host === undefined ? runtime : `${runtime} on ${host}`]);
  }
  return [...groups].map(([words, runtimes]) => [runtimes.join(", "), words]);
}

/** Recompression mends compressions; a config that counts other layers, or types that nobody reads, must be built anew. */
function advice({ reference, layers, config }: InspectedImage): string[] {
  const known = layers.every(({ compression }) => compression !== "unknown");
  return known && (config === null || config.rootfs.diffIds?.length === layers.length)
    ? repairCommands(reference)
    : wrapped(
        "To do: build and push the image again, with layers of media types that container runtimes know.",
      );
}
