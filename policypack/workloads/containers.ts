import { textAt, isRecord, isRedacted, member, type KeyMatch, type Reading } from "../common/values";
import { printable } from "../common/text";
import { printableName } from "../oci/reference";
import type { ImageUse, UnreadableUse, WorkloadImages } from "./image-use";
import { eachAt, holding, jsonAt, misfit, type Place } from "./places";
import { stringifiedIn } from "./stringified";
import type { PlatformReading } from "./runtime-platform";
import type { LaunchType } from "../runtimes/ecs-runtimes";

/** What all containers of one task share. */
export interface Task {
  readonly platform: PlatformReading;
  readonly launchTypes: readonly LaunchType[];
}

/** One container of a resource, its path, and its label while its name is unknown. */
export interface ContainerPlace {
  readonly container: Reading;
  readonly path: string;
  readonly label: string;
  readonly keys: KeyMatch;
}

const PATH = "containerDefinitions";
export const CONTAINERS = "container definitions";
/** A longer name helps no reader; ECS itself allows 255 characters. */
const NAME_LENGTH = 80;
/** The longest image string that ECS takes (ECS API, `ContainerDefinition.image`), and a digest's length more. */
const IMAGE_LENGTH = 255 + 72;

/** Reads `containerDefinitions` given as a JSON text, as the classic provider expects it; an array is accepted too. */
export function containersFromJson(props: unknown, task: Task): WorkloadImages {
  const place: Place = { reading: member(props, PATH), path: PATH, keys: "any-case" };
  return jsonAt(place, CONTAINERS, (decoded) => containersAt(decoded, CONTAINERS, task));
}

/** Reads an array of containers wherever it stands; `owner`, such as ` of nodes 0:3`, says more of those without a name. */
export function containersAt(list: Place, noun: string, task: Task, owner = ""): WorkloadImages {
  return eachAt(list, noun, ({ reading: container, path, keys }, index) =>
    imagesOfContainers([{ container, path, label: `container ${index + 1}${owner}`, keys }], task),
  );
}

/** Reads each container separately: one that cannot be read does not hide the others. */
export function imagesOfContainers(places: readonly ContainerPlace[], task: Task): WorkloadImages {
  const uses: ImageUse[] = [];
  const unreadable: UnreadableUse[] = [];
  for (const place of places) {
    const found = imageOfContainer(place, task);
    if ("reason" in found) unreadable.push(found);
    else uses.push(found);
  }
  return { uses, unreadable };
}

function imageOfContainer(
  { container, path, label, keys }: ContainerPlace,
  task: Task,
): ImageUse | UnreadableUse {
  if (container.state === "unknown") {
    return { reason: "unknown", path, message: "the container is known only during the update" };
  }
  if (container.state === "absent") return { reason: "malformed", path, message: "there is no container" };
  if (isRedacted(container.value)) {
    return { reason: "redacted", path, message: "the container is a secret that could not be decrypted" };
  }
  if (!isRecord(container.value)) {
    return { reason: "malformed", path, ...misfit(container.value, "the container", "is", "an object") };
  }
  const name = nameOf(container.value, keys);
  const unreadable = (problem: Omit<UnreadableUse, "container">): UnreadableUse => ({
    reason: problem.reason,
    ...(name === undefined ? {} : { container: name }),
    path: problem.path,
    message: problem.message,
    ...(problem.fix === undefined ? {} : { fix: problem.fix }),
  });

  const image = member(container.value, "image", keys);
  const imagePath = `${path}.image`;
  if (image.state === "unknown") {
    return unreadable({
      reason: "unknown",
      path: imagePath,
      message: "the image is known only during the update",
    });
  }
  if (image.state === "absent") {
    return unreadable({ reason: "malformed", path: imagePath, message: "there is no image" });
  }
  if (typeof image.value !== "string") {
    return unreadable({ reason: "malformed", path: imagePath, ...notAnImage(image.value) });
  }
  if (isRedacted(image.value)) {
    const message = "the image is a secret that could not be decrypted";
    return unreadable({ reason: "redacted", path: imagePath, message });
  }
  if (image.value.trim() === "") {
    return unreadable({ reason: "impossible", path: imagePath, message: "the image is empty" });
  }
  const stringified = stringifiedIn(image.value);
  if (stringified !== undefined) {
    return unreadable({ reason: "impossible", path: imagePath, ...holding("the image", "is", stringified) });
  }
  if (!task.platform.ok) {
    return unreadable({
      ...task.platform,
      message: `${printableName(image.value, IMAGE_LENGTH)}: ${task.platform.message}`,
    });
  }
  const credentialsParameter = credentialsOf(container.value, keys);
  return {
    container: name ?? label,
    image: image.value,
    platform: task.platform.platform,
    launchTypes: task.launchTypes,
    path: imagePath,
    ...(credentialsParameter === undefined ? {} : { credentialsParameter }),
  };
}

/** An object is what JSON makes of a Promise in Node.js, and of an Output in Go and .NET. */
function notAnImage(value: unknown): Pick<UnreadableUse, "message" | "fix"> {
  const problem = misfit(value, "the image", "is", "a string");
  return isRecord(value)
    ? {
        ...problem,
        fix: "Wait for the value before you make the JSON: an Output or a Promise becomes an object there",
      }
    : problem;
}

/** The container's name, made safe to print; undefined if there is none to read. */
function nameOf(container: unknown, keys: KeyMatch): string | undefined {
  const name = filled(textAt(container, "name", keys));
  return name === undefined ? undefined : printable(name, NAME_LENGTH);
}

/** `repositoryCredentials.credentialsParameter` (ECS API, `RepositoryCredentials`). */
function credentialsOf(container: unknown, keys: KeyMatch): string | undefined {
  const credentials = member(container, "repositoryCredentials", keys);
  if (credentials.state !== "known") return undefined;
  const parameter = filled(textAt(credentials.value, "credentialsParameter", keys));
  return isRedacted(parameter) ? undefined : parameter;
}

/** A text that says something: ECS treats white space alone as absent. */
function filled(text: string | undefined): string | undefined {
  return text?.trim() === "" ? undefined : text;
}
