import type { InspectedImage } from "../inspection/inspector";
import type { Prediction } from "../runtimes/predict";
import { identity } from "./blocked-image";
import { layerFix } from "./fixes";
import { layerFacts } from "./layers";
import { type Fact, facts, type ImageUser, wrapped } from "./layout";
import { predictedOn, pullFacts } from "./runtimes";

/** An image that a runtime cannot pull. `predictions`: one for each runtime that its tasks may meet. */
export function unpullableImage(
  image: string,
  users: readonly ImageUser[],
  inspected: InspectedImage,
  predictions: readonly Prediction[],
): string {
  const [first, ...others] = errorsOf(predictions);
  const failing = predictions.filter(({ pulls }) => !pulls);
  const verb = predictions.some(({ pulls }) => pulls) ? "may stop" : "stops";
  return [
    ...wrapped(`Cannot be pulled by ${predictedOn(failing)}. ECS ${verb} its tasks with`),
    ...wrapped(`CannotPullContainerError: ${first?.error ?? "no reason is known"}`, 78).map(
      (line) => `  ${line}`,
    ),
    "",
    ...facts([
      ...identity(image, users, inspected),
      ...layerFacts(inspected.layers, inspected.config?.history ?? []),
      ...pullFacts(predictions),
      ...others.slice(0, 2).map(({ on, error }): Fact => ["error on", `${on}: ${error}`]),
    ]),
    "",
    ...layerFix(inspected),
  ].join("\n");
}

/** Each error with the runtimes that give it. */
function errorsOf(predictions: readonly Prediction[]): { on: string; error: string }[] {
  const byError = new Map<string, Prediction[]>();
  for (const prediction of predictions)
    if (!prediction.pulls)
      byError.set(prediction.error, [...(byError.get(prediction.error) ?? []), prediction]);
  return [...byError].map(([error, ones]) => ({ on: predictedOn(ones), error }));
}
