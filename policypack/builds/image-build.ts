import { textAt, isLeftOut, isObject, kindOf, member } from "../common/values";
import { type DockerBuildExport, settingsOfDockerBuild } from "./docker-build-settings";

/** The place of a build's Dockerfile. */
export type DockerfileSource =
  | { readonly inline: string }
  /** A path; a relative one is relative to the folder of the Pulumi program. */
  | { readonly file: string }
  /** Why it is not known, to complete "… is not known: …". */
  | { readonly unreadable: string };

/** A resource that builds an image and pushes it. */
export interface ImageBuild {
  readonly builder: "docker-build" | "docker";
  readonly dockerfile: DockerfileSource;
  /** Undefined if a value is not known yet. */
  readonly buildArgs: ReadonlyMap<string, string | undefined>;
  readonly target?: string;
  /** As written, such as `linux/arm64`; empty if the builder takes its own. */
  readonly platforms: readonly string[];
  readonly namedContexts: ReadonlyMap<string, string | undefined>;
  readonly hasCache: boolean;
  readonly pushes: readonly DockerBuildExport[];
}

const readers: Readonly<Record<string, (props: unknown) => ImageBuild>> = {
  "docker-build:index:Image": dockerBuildImage,
  "docker:index/image:Image": dockerImage,
};

/** Whether resources of a Pulumi type build images. Components such as those of awsx build theirs through such resources. */
export function isImageBuild(type: string): boolean {
  return Object.hasOwn(readers, type);
}

/**
 * Reads what a resource builds, as far as it is known. Undefined if the type builds nothing, or the run leaves the resource out. Never throws.
 *
 * @param props its inputs as a policy gets them: unknown values may throw when they are read
 */
export function imageBuildOf(type: string, props: unknown): ImageBuild | undefined {
  return isImageBuild(type) && !isLeftOut(props) ? readers[type]?.(props) : undefined;
}

/** A value that stops the reading of what it is part of. */
class Unreadable extends Error {}

/** pulumi-docker-build (`provider/internal/{image,dockerfile,context}.go`). */
function dockerBuildImage(props: unknown): ImageBuild {
  const context = known(props, "context");
  return {
    builder: "docker-build",
    dockerfile: source(() => dockerBuildDockerfile(props, context)),
    ...common(props, "buildArgs"),
    platforms: texts(props, "platforms"),
    namedContexts: mapOf(known(context, "named"), (entry) => textAt(entry, "location")),
    hasCache: count(props, "cacheFrom") > 0,
    pushes: settingsOfDockerBuild(isObject(props) ? props : {}),
  };
}

function dockerBuildDockerfile(props: unknown, context: unknown): DockerfileSource {
  const dockerfile = member(props, "dockerfile");
  if (dockerfile.state === "unknown") throw new Unreadable("it is not known yet");
  const described = dockerfile.state === "known" ? dockerfile.value : {};
  const inline = required(described, "inline");
  if (inline !== "") return { inline };
  const location = required(described, "location");
  if (location !== "") return isRemote(location) ? remote() : { file: location };
  const folder = required(context, "location") || ".";
  return isRemote(folder) || folder === "-" ? remote() : { file: `${folder}/Dockerfile` };
}

/**
 * pulumi-docker 4 (`provider/image.go`): the docker daemon builds, with the settings that BuildKit itself has, and pushes what its own
 * store holds. Its Check fills `context` and `dockerfile` in.
 */
function dockerImage(props: unknown): ImageBuild {
  const build = member(props, "build");
  const described = build.state === "known" ? build.value : {};
  const platform = textAt(described, "platform") ?? "";
  const skips = member(props, "skipPush");
  const pushes = skips.state !== "known" || skips.value !== true;
  return {
    builder: "docker",
    dockerfile: source(() => {
      if (build.state === "unknown") throw new Unreadable("the build is not known yet");
      if (!isObject(described)) throw new Unreadable(`the build is ${kindOf(described)}`);
      const file = required(described, "dockerfile");
      return { file: file === "" ? `${required(described, "context") || "."}/Dockerfile` : file };
    }),
    ...common(described, "args"),
    platforms: platform === "" ? [] : [platform],
    namedContexts: new Map(),
    hasCache: member(described, "cacheFrom").state !== "absent",
    pushes: pushes ? [{ path: "imageName", settings: { attestations: false }, dropped: [] }] : [],
  };
}

function common(holder: unknown, args: string): Pick<ImageBuild, "buildArgs" | "target"> {
  const target = member(holder, "target");
  // An unknown target looks like one that the Dockerfile does not have; both leave the build unknown.
  const name = target.state === "unknown" ? unknownTarget : textAt(holder, "target");
  return {
    buildArgs: mapOf(known(holder, args), (value) => value),
    ...(name === undefined || name === "" ? {} : { target: name }),
  };
}

/** No stage can have this name. */
const unknownTarget = "(not known yet)";

function source(read: () => DockerfileSource): DockerfileSource {
  try {
    return read();
  } catch (error) {
    return { unreadable: error instanceof Unreadable ? error.message : "part of it is not known yet" };
  }
}

function remote(): never {
  throw new Unreadable("it is fetched from elsewhere");
}

/** What buildx takes for a URL (`util/urlutil`): http, git and ssh. */
function isRemote(location: string): boolean {
  return /^(?:https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/)/.test(location);
}

function known(holder: unknown, key: string): unknown {
  const found = member(holder, key);
  return found.state === "known" ? found.value : undefined;
}

/** Empty if it is absent. */
function required(holder: unknown, key: string): string {
  const found = member(holder, key);
  if (found.state === "absent") return "";
  if (found.state === "unknown") throw new Unreadable(`its ${key} is not known yet`);
  if (typeof found.value !== "string") throw new Unreadable(`its ${key} is ${kindOf(found.value)}`);
  return found.value;
}

function mapOf(holder: unknown, read: (value: unknown) => unknown): ReadonlyMap<string, string | undefined> {
  if (!isObject(holder) || Array.isArray(holder)) return new Map();
  const entries = Object.keys(holder).flatMap((key): [string, string | undefined][] => {
    const found = member(holder, key);
    if (found.state === "absent") return [];
    const value = found.state === "known" ? read(found.value) : undefined;
    return [[key, typeof value === "string" ? value : undefined]];
  });
  return new Map(entries);
}

function texts(holder: unknown, key: string): string[] {
  const list = known(holder, key);
  return Array.from({ length: count(holder, key) }, (_, at) => textAt(list, String(at)) ?? "").filter(
    (word) => word !== "",
  );
}

function count(holder: unknown, key: string): number {
  const list = known(holder, key);
  return Array.isArray(list) ? list.length : 0;
}
