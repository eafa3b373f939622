import type { Prediction, RuntimeName } from "../runtimes/predict";
import type { Fact } from "./layout";

const containerds: readonly RuntimeName[] = [
  "containerd-1.4",
  "containerd-1.5",
  "containerd-1.6",
  "containerd-1.7",
  "containerd-2.0",
  "containerd-2.3",
];

const dockerds: readonly (readonly [RuntimeName, string])[] = [
  ["dockerd-20.10", "dockerd 20.10"],
  ["dockerd-23", "dockerd 23 and later"],
  ["dockerd-25-containerd-store", "dockerd 25 (containerd store)"],
  ["dockerd-29-containerd-store", "dockerd 29 (containerd store)"],
];

/** `containerd 1.4–1.7, dockerd 20.10`: neighbouring versions of containerd as one range. */
export function runtimesInWords(names: readonly RuntimeName[]): string {
  const ranges: (readonly [first: RuntimeName, last: RuntimeName])[] = [];
  let isOpen = false;
  for (const name of containerds) {
    const open = isOpen ? ranges.at(-1) : undefined;
    isOpen = names.includes(name);
    if (!isOpen) continue;
    if (open === undefined) ranges.push([name, name]);
    else ranges[ranges.length - 1] = [open[0], name];
  }
  const versions = ranges.map(([first, last]) =>
    first === last ? version(first) : `${version(first)}–${version(last)}`,
  );
  const docker = dockerds.flatMap(([name, words]) => (names.includes(name) ? [words] : []));
  return [...(versions.length === 0 ? [] : [`containerd ${versions.join(", ")}`]), ...docker].join(", ");
}

function version(name: RuntimeName): string {
  return name.replace(/^containerd-/, "");
}

/** The runtimes of predictions. Those on hosts of one processor level say so: `dockerd 23 and later on amd64/v3`. */
export function predictedOn(predictions: readonly Prediction[]): string {
  const byHost = new Map<string | undefined, RuntimeName[]>();
  for (const { host, runtime } of predictions) byHost.set(host, [...(byHost.get(host) ?? []), runtime]);
  return [...byHost]
    .map(([host, names]) =>
      host === undefined ? runtimesInWords(names) : `${runtimesInWords(names)} on ${host}`,
    )
    .join(", ");
}

/** Which runtimes refuse an image, and which pull it. */
export function pullFacts(predictions: readonly Prediction[]): Fact[] {
  const fails = predictions.filter(({ pulls }) => !pulls);
  const pulls = predictions.filter((prediction) => prediction.pulls);
  const onFargate = (ones: readonly Prediction[]) =>
    ones.some(({ runtime }) => runtime.startsWith("containerd-"));
  return [
    ...(fails.length === 0 ? [] : [["fails on", predictedOn(fails)] as const]),
    ...(pulls.length === 0 ? [] : [["pulls on", predictedOn(pulls)] as const]),
    ...(onFargate(fails) && onFargate(pulls)
      ? [["", "AWS does not publish which of them Fargate runs."] as const]
      : []),
  ];
}
