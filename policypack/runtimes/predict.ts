import { containerdError } from "./containerd";
import { dockerdError } from "./dockerd";
import { type PulledImage, rulesOf } from "./rules";

export type { PulledImage } from "./rules";

/** The runtimes that ECS may use, each with the release that speaks for it: the newest whose pulls were measured. */
const releases = {
  "containerd-1.4": "containerd 1.4.13",
  "containerd-1.5": "containerd 1.5.18",
  "containerd-1.6": "containerd 1.6.39",
  "containerd-1.7": "containerd 1.7.34",
  "containerd-2.0": "containerd 2.0.11",
  "containerd-2.3": "containerd 2.3.4",
  "dockerd-20.10": "dockerd 20.10.24",
  // And later: 23 and 25 differ in an error's words only, and ECS ships 25.
  "dockerd-23": "dockerd 25.0.17",
  "dockerd-25-containerd-store": "dockerd+containerd-store 25.0.17",
} as const;

export type RuntimeName = keyof typeof releases;

export const runtimeNames: readonly RuntimeName[] = Object.keys(releases).filter(isRuntimeName);

/** What one runtime will do with an image: it pulls, or the runtime's own words but for `<digest>`, `<path>` and `<key>`. */
export type Prediction =
  | { readonly runtime: RuntimeName; readonly pulls: true }
  | { readonly runtime: RuntimeName; readonly pulls: false; readonly error: string };

export function isRuntimeName(name: string): name is RuntimeName {
  return Object.hasOwn(releases, name);
}

export function predict(runtime: RuntimeName, image: PulledImage): Prediction {
  const error = pullError(releases[runtime], image);
  return error === undefined ? { runtime, pulls: true } : { runtime, pulls: false, error };
}

/**
 * What a certain release answers to a pull, or undefined where the image pulls.
 *
 * @param release such as `containerd 1.6.20`
 * @throws {RangeError} where no rules are known for it
 */
export function pullError(release: string, image: PulledImage): string | undefined {
  const rules = rulesOf(release);
  switch (rules.engine) {
    case "containerd":
      return containerdError(rules, image);
    case "dockerd":
      return dockerdError(rules, image);
  }
}
