import { printable } from "../common/text";
import { isDigest } from "../oci/digest";
import { type ImageConfig, readDockerConfig } from "../oci/image-config";
import {
  type Descriptor,
  type ImageIndex,
  type ImageManifest,
  readKeys,
  readManifestList,
  readOcischema,
  readSchema2,
} from "../oci/manifest";
import {
  bareMediaType,
  dockerManifest,
  dockerManifestList,
  isIndexType,
  isManifestType,
  ociIndex,
  ociManifest,
} from "../oci/media-types";
import { comparablePlatform, formatPlatform, type Platform } from "../oci/platform";
import { isSupportedType } from "./dockerd";
import { hostPlatform, type Hosts } from "./host-platform";
import { checkDepth, type Document, type OnSelected, type Pull, type PullSource, Refusal } from "./pull";
import type { DockerdSelection, PulledLayer } from "./rules";

/** Hosts as dockerd selects for them. */
export interface DockerdHost {
  readonly platform: Platform;
  readonly choose: (entries: readonly Descriptor[]) => Descriptor | undefined;
}

export function dockerdHost(hosts: Hosts, rules: DockerdSelection): DockerdHost {
  const { platform } = hosts;
  if (rules.platformMatcher) return { platform, choose: hostPlatform(hosts, rules, labelOf).choose };
  // 20.10 has no order of preference, takes no entry without an architecture, and knows no levels of amd64.
  const matches = (entry: Descriptor) => {
    if (entry.platform === null || entry.platform.architecture === "") return false;
    const { os, architecture } = comparablePlatform(entry.platform, platform.os);
    const variant = entry.platform.variant.toLowerCase();
    const anyVariant = variant === "" || (architecture === "arm64" && ["8", "v8"].includes(variant));
    return os === platform.os && architecture === platform.architecture && anyVariant;
  };
  return { platform, choose: (entries) => entries.find(matches) };
}

/** A pull by dockerd into its own store (moby `distribution/pull_v2.go`). What comes of the layers is `dockerdError`'s to say. */
export function* dockerdPull(
  rules: DockerdSelection,
  host: DockerdHost,
  root: Document,
  source: PullSource,
  onSelected: OnSelected,
): Pull {
  let document = root;
  for (let depth = 0; ; depth++) {
    checkDepth(depth);
    const child = childOf(rules, host, document, depth);
    if (child === undefined) break;
    document = (yield source.child(child)) as Document;
  }
  const manifest = readAsManifest(document);
  onSelected(document, manifest);
  checkConfigType(document, manifest, document === root);
  checkDigests(manifest);
  const layers = (yield source.layers(manifest)) as readonly PulledLayer[];
  const config = ((yield source.config(document, manifest, false)) as Document | null)?.read(
    readDockerConfig,
  );
  if (config !== undefined) checkConfig(rules, config);
  const diffIds = config === undefined ? null : (config.rootfs.diffIds ?? []);
  return { manifest: document.digest, image: { layers, diffIds } };
}

/**
 * The entry of an index that the host takes (`pullTag` and `pullManifestList`); undefined if the document is a manifest. The Content-Type
 * decides how a document is read, and a descriptor's type and size count for nothing.
 */
function childOf(
  rules: DockerdSelection,
  host: DockerdHost,
  document: Document,
  depth: number,
): Descriptor | undefined {
  const type = bareMediaType(document.mediaType);
  if (isManifestType(type)) return undefined;
  // Any other type is read as schema 1, whose signature is missing (distribution `manifest/schema1`).
  if (!isIndexType(type)) throw schema1Refusal(document);
  if (depth > 0 && !rules.platformMatcher) throw new Refusal("malformed", "unsupported manifest format");
  const child = host.choose(readAsIndex(type, document).manifests ?? []);
  if (child === undefined)
    throw new Refusal(
      "no-match",
      `no matching manifest for ${askedFor(host.platform)} in the manifest list entries`,
    );
  if (!isDigest(child.digest)) throw new Refusal("malformed", "invalid digest format");
  return child;
}

/** An entry whose platform says nothing is for any (`toOCIPlatform`). */
function labelOf({ platform }: Descriptor): Platform | null {
  if (platform === null) return null;
  const { os, architecture, variant, osVersion, osFeatures } = platform;
  return os + architecture + variant + osVersion === "" && osFeatures === null ? null : platform;
}

function readAsManifest(document: Document): ImageManifest {
  const type = bareMediaType(document.mediaType);
  if (type === dockerManifest) {
    const manifest = document.read(readSchema2);
    if (manifest.mediaType !== dockerManifest) throw mismatched("mediaType in manifest", type, manifest);
    return manifest;
  }
  if (hasValue(document, "manifests"))
    throw new Refusal("malformed", "ocimanifest: expected manifest but found index");
  const manifest = document.read(readOcischema);
  if (manifest.mediaType !== "" && manifest.mediaType !== ociManifest)
    throw mismatched("if present, mediaType in manifest", type, manifest);
  return manifest;
}

function readAsIndex(type: string, document: Document): ImageIndex {
  if (type === ociIndex && (hasValue(document, "config") || hasValue(document, "layers")))
    throw new Refusal("malformed", "index: expected index but found manifest");
  const index = document.read(readManifestList);
  if (type === dockerManifestList && index.mediaType !== dockerManifestList)
    throw mismatched("mediaType in manifest list", type, index);
  if (type === ociIndex && index.mediaType !== "" && index.mediaType !== ociIndex)
    throw mismatched("if present, mediaType in image index", type, index);
  return index;
}

function hasValue(document: Document, key: "config" | "layers" | "manifests"): boolean {
  return document.read(readKeys)[key];
}

function mismatched(what: string, type: string, { mediaType }: { readonly mediaType: string }): Refusal {
  return new Refusal("malformed", `${what} should be '${type}' not '${printable(mediaType, 100)}'`);
}

function schema1Refusal(document: Document): Refusal {
  try {
    document.read(readKeys);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  return new Refusal("malformed", "missing signature key");
}

/** Config types of images, in a manifest of Docker's type (`distribution/registry.go`, `imageTypes`). */
const imageTypes: ReadonlySet<string> = new Set([
  "application/vnd.docker.container.image.v1+json",
  "application/vnd.oci.image.config.v1+json",
  "application/octet-stream",
  "application/json",
  "text/html",
  "",
]);

function checkConfigType(
  document: Document,
  { config: { mediaType } }: ImageManifest,
  isRoot: boolean,
): void {
  const shown = printable(mediaType, 100);
  if (isRoot && bareMediaType(document.mediaType) === dockerManifest && !imageTypes.has(mediaType))
    throw new Refusal("layers", `Encountered remote "${shown}"(unknown) when fetching`);
  if (!isSupportedType(mediaType)) throw new Refusal("layers", `unsupported media type ${shown}`);
}

function checkDigests({ config, layers }: ImageManifest): void {
  if (!isDigest(config.digest))
    throw new Refusal("malformed", `invalid digest ${printable(config.digest, 80)}`);
  for (const { digest } of layers ?? [])
    if (!isDigest(digest))
      throw new Refusal(
        "malformed",
        `could not validate layer digest "${printable(digest, 80)}": invalid checksum digest format`,
      );
}

function checkConfig(rules: DockerdSelection, { os, rootfs }: ImageConfig): void {
  if (rootfs.isNil) throw new Refusal("layers", "invalid rootfs in image configuration");
  const supported = os === "" || (rules.platformMatcher ? os.toLowerCase() : os) === "linux";
  if (!supported)
    throw new Refusal(
      "platform",
      `image operating system "${printable(os, 60)}" cannot be used on this platform${rules.platformMatcher ? ": operating system is not supported" : ""}`,
    );
}

/** The platform in dockerd's words, which leave the processor's level out. */
function askedFor({ variant = "", ...platform }: Platform): string {
  return formatPlatform(platform.architecture === "amd64" ? platform : { ...platform, variant });
}
