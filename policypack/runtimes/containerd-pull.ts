import { isDigest } from "../oci/digest";
import { dockerConfig, isIndexType, isManifestType, isSchema1Type, ociConfig } from "../oci/media-types";
import { readImageConfig } from "../oci/image-config";
import { type Descriptor, readIndex, readKeys, readManifest } from "../oci/manifest";
import { printable } from "../common/text";
import { recognisedLayers } from "./containerd";
import type { HostPlatform } from "./host-platform";
import { checkDepth, type Document, type OnSelected, type Pull, type PullSource, Refusal } from "./pull";
import type { ContainerdSelection, PulledLayer } from "./rules";

/**
 * A pull by containerd's client (`client/pull.go`, `Pull` with `WithPullUnpack` and one platform), then what creating a container reads
 * (`core/images/image.go`, `Manifest` and `RootFS`). What comes of the layers in between is `containerdError`'s to say.
 */
export function* containerdPull(
  rules: ContainerdSelection,
  host: HostPlatform,
  root: Document,
  source: PullSource,
  onSelected: OnSelected,
): Pull {
  if (root.bytes.length === 0) throw new Refusal("malformed", emptyDescriptor(root.digest));
  let document = root;
  let leaf: Descriptor | undefined;
  for (let depth = 0; ; depth++) {
    checkDepth(depth);
    const child = childOf(rules, host, leaf?.mediaType ?? withoutParameters(root.mediaType), document);
    if (child === undefined) break;
    document = (yield source.child(child)) as Document;
    checkSize(child, document.bytes.length);
    leaf = child;
  }
  const manifest = document.read(readManifest);
  onSelected(document, manifest);
  // An entry without a platform is compared by its config, but only once it has been unpacked.
  const isUnlabelled = leaf?.platform === null;
  checkDescriptor(rules, manifest.config);
  for (const layer of manifest.layers ?? []) checkDescriptor(rules, layer);
  const layers = (yield source.layers(manifest)) as readonly PulledLayer[];
  // The unpacker starts at a config of a type that it knows; without it, nothing fetches the layers (`core/unpack/unpacker.go`).
  if (!configTypes.has(manifest.config.mediaType) && recognisedLayers(rules, layers).length > 0)
    throw new Refusal(
      "layers",
      "failed to unpack image on snapshotter overlayfs: content <digest>: not found",
    );
  const config = (yield source.config(document, manifest, isUnlabelled)) as Document | null;
  if (config !== null) checkSize(manifest.config, config.bytes.length);
  const read = config?.read(readImageConfig);
  const isOther =
    isUnlabelled &&
    read !== undefined &&
    !host.matches(rules.configVariant ? read : { ...read, variant: "" });
  return {
    manifest: document.digest,
    image: { layers, diffIds: read === undefined ? null : (read.rootfs.diffIds ?? []) },
    ...(isOther && {
      refusal: new Refusal("no-match", "no match for platform in manifest <digest>: not found"),
    }),
  };
}

const configTypes: ReadonlySet<string> = new Set([dockerConfig, ociConfig]);

/**
 * The entry of an index that the host takes, a step on the way down (`FilterPlatforms` and `LimitManifests` of `core/images/handlers.go`);
 * undefined if the document is a manifest.
 */
function childOf(
  rules: ContainerdSelection,
  host: HostPlatform,
  mediaType: string,
  document: Document,
): Descriptor | undefined {
  requireFetchable(mediaType);
  checkKeys(mediaType, document);
  if (isManifestType(mediaType)) return undefined;
  const child = host.choose(document.read(readIndex).manifests ?? []);
  if (child === undefined) throw new Refusal("no-match", "no match for platform in manifest: not found");
  requireFetchable(child.mediaType);
  checkDescriptor(rules, child);
  return child;
}

/** Content of another type is fetched as a blob (`core/remotes/docker/fetcher.go`), and no blob can be unpacked as an image. */
function requireFetchable(mediaType: string): void {
  if (isManifestType(mediaType) || isIndexType(mediaType)) return;
  if (isSchema1Type(mediaType)) throw new Refusal("malformed", `${mediaType} not supported`);
  throw new Refusal(
    "malformed",
    `failed to copy: httpReadSeeker: failed open: could not fetch content descriptor <digest> (${printable(mediaType, 100)}) from remote: not found`,
  );
}

/** `validateMediaType` of `core/images/image.go` (GHSA-5j5w-g665-5m35). */
function checkKeys(mediaType: string, document: Document): void {
  const keys = document.read(readKeys);
  if (keys.fsLayers)
    throw new Refusal("malformed", "children: invalid desc <digest>: media-type: schema 1 not supported");
  const wrong = isManifestType(mediaType)
    ? (keys.manifests || isIndexType(keys.mediaType)) && "expected manifest but found index"
    : (keys.config || keys.layers || isManifestType(keys.mediaType)) && "expected index but found manifest";
  if (wrong !== false)
    throw new Refusal("malformed", `children: invalid desc <digest>: media-type: ${wrong} (${mediaType})`);
}

/** What `core/remotes/handlers.go`, `fetch`, and the content store refuse before the first byte. */
function checkDescriptor(rules: ContainerdSelection, { size, digest, urls }: Descriptor): void {
  if (size === 0) throw new Refusal("malformed", emptyDescriptor(digest));
  if (size < 0 && rules.refusesNegativeSizes)
    throw new Refusal(
      "malformed",
      `unable to fetch descriptor (<digest>) which reports negative content size (${size}): invalid argument`,
    );
  if (size > impossibleSize) throw new Refusal("malformed", shortRead);
  if (!isDigest(digest))
    throw new Refusal("malformed", `invalid checksum digest format: ${printable(digest, 80)}`);
  // The urls of a descriptor are tried before the registry; their targets are not known here.
  if ((urls ?? []).some((url) => url !== ""))
    throw new Refusal("malformed", "failed to copy: the descriptor has urls");
}

/** More bytes than any blob has: 1 PiB. */
const impossibleSize = 2 ** 50;
const shortRead = "failed to read expected number of bytes: unexpected EOF";

function checkSize({ size }: Descriptor, actual: number): void {
  // A negative size means that nobody knows it.
  if (size === actual || size < 0) return;
  throw new Refusal(
    "malformed",
    size > actual
      ? shortRead
      : `failed commit on ref "manifest-<digest>": unexpected commit size ${actual}, expected ${size}: failed precondition`,
  );
}

function emptyDescriptor(digest: string): string {
  return `unable to fetch descriptor (${isDigest(digest) ? "<digest>" : printable(digest, 80)}) which reports content size of zero: invalid argument`;
}

function withoutParameters(contentType: string): string {
  const semicolon = contentType.indexOf(";");
  return semicolon === -1 ? contentType : contentType.slice(0, semicolon);
}
