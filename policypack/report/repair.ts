import { formatReference, type Reference, withDefaultTag } from "../oci/reference";

/**
 * How to mend an image, as commands to copy. Both were proven by pulling the results: gzip with force-compression
 * pulls everywhere (BuildKit ≥ 0.19, or a base without docker-typed zstd), and so does what regctl rewrites to gzip.
 * What does not help is left out on purpose: `--to-oci --layer-compress zstd` keeps docker types behind, crane and
 * `imagetools create` change nothing.
 */
export function repairCommands(reference: Reference): string[] {
  const { registry, repository, tag, digest } = withDefaultTag(reference);
  const rebuilt = formatReference({ registry, repository, tag: tag ?? "gzip" });
  // A tag has at most 128 characters.
  const rewritten = formatReference({
    registry,
    repository,
    tag: tag === undefined ? "gzip" : `${tag.slice(0, 123)}-gzip`,
  });
  const pushed = formatReference(
    digest === undefined ? { registry, repository, tag: tag ?? "latest" } : { registry, repository, digest },
  );
  return [
    "Fix: rebuild with one compression for all layers, the base image's included:",
    `  docker buildx build . -t ${rebuilt} \\`,
    "    --output type=registry,compression=gzip,force-compression=true",
    "or rewrite the pushed image, and use the new name:",
    `  regctl image mod ${pushed} \\`,
    `    --layer-compress gzip --create ${rewritten}`,
  ];
}
