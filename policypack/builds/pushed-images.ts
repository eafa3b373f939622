import { member } from "../common/values";
import { parseRawExport, settingsOfDockerBuild } from "./docker-build-settings";

/** The image names that a resource will push, as they are written there. */
export interface PushedImages {
  readonly images: readonly string[];
  /** It pushes more, under names that are not known yet. */
  readonly unknown: boolean;
}

/** Collects the names of one resource. */
class Names {
  readonly images = new Set<string>();
  unknown = false;

  add(holder: unknown, key: string | number): void {
    const found = member(holder, key);
    if (found.state === "unknown") this.unknown = true;
    if (found.state === "known" && typeof found.value === "string") this.images.add(found.value);
  }

  /** A list of names; false if there is none. */
  addAll(holder: unknown, key: string): boolean {
    const found = member(holder, key);
    if (found.state === "unknown") this.unknown = true;
    if (found.state !== "known" || !Array.isArray(found.value)) return found.state === "unknown";
    for (const at of found.value.keys()) this.add(found.value, at);
    return found.value.length > 0;
  }
}

const pushers: Readonly<Record<string, (props: unknown, names: Names) => void>> = {
  "docker-build:index:Image": dockerBuildImage,
  "docker-build:index:Index": (props, names) => {
    if (!isFalse(props, "push")) names.add(props, "tag");
  },
  "docker:index/image:Image": (props, names) => {
    if (!isTrue(props, "skipPush")) names.add(props, "imageName");
  },
  "docker:index/registryImage:RegistryImage": (props, names) => {
    names.add(props, "name");
  },
  "awsx:ecr:Image": repositoryAndTag("imageTag", undefined),
  "awsx:ecr/image:Image": repositoryAndTag("imageTag", undefined),
  "awsx:ecr:RegistryImage": repositoryAndTag("tag", "latest"),
};

/**
 * The images that a resource will push once it is created: none if its type pushes nothing. Never throws.
 *
 * @param props its inputs as a policy gets them: unknown values may throw when they are read
 */
export function pushedImages(type: string, props: unknown): PushedImages {
  const names = new Names();
  if (Object.hasOwn(pushers, type)) pushers[type]?.(props, names);
  return { images: [...names.images], unknown: names.unknown };
}

/** `tags` win over the names of the exports (pulumi-docker-build's `ExportWithNames`). */
function dockerBuildImage(props: unknown, names: Names): void {
  if (typeof props !== "object" || props === null) return;
  const pushes = settingsOfDockerBuild(props);
  if (pushes.length === 0) return;
  if (names.addAll(props, "tags")) return;
  const exports = member(props, "exports");
  for (const { path } of pushes) {
    const at = /^exports\[(\d+)\]$/.exec(path)?.[1];
    const entry =
      exports.state === "known" && at !== undefined ? member(exports.value, Number(at)) : undefined;
    if (entry?.state === "known") addExportNames(entry.value, names);
    else names.unknown ||= path !== "push";
  }
}

function addExportNames(entry: unknown, names: Names): void {
  for (const exporter of ["registry", "image"]) {
    const options = member(entry, exporter);
    if (options.state === "known") names.addAll(options.value, "names");
    else if (options.state === "unknown") names.unknown = true;
  }
  const raw = member(entry, "raw");
  if (raw.state === "unknown") names.unknown = true;
  if (raw.state !== "known" || typeof raw.value !== "string") return;
  const list = parseRawExport(raw.value)?.attributes.get("name") ?? "";
  for (const name of list.split(",")) if (name.trim() !== "") names.images.add(name.trim());
}

/** Components of awsx. Without a tag of its own, an image of theirs is tagged with a digest that only the update knows. */
function repositoryAndTag(tagKey: string, usual: string | undefined) {
  return (props: unknown, names: Names): void => {
    const repository = member(props, "repositoryUrl");
    const tag = member(props, tagKey);
    const word = tag.state === "absent" ? usual : tag.state === "known" ? tag.value : undefined;
    if (repository.state === "known" && typeof repository.value === "string" && typeof word === "string")
      names.images.add(`${repository.value}:${word}`);
    else names.unknown = true;
  };
}

function isTrue(props: unknown, key: string): boolean {
  const found = member(props, key);
  return found.state === "known" && found.value === true;
}

function isFalse(props: unknown, key: string): boolean {
  const found = member(props, key);
  return found.state === "known" && found.value === false;
}
