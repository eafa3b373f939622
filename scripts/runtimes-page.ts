import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { compressionOf } from "../policypack/oci/compression";
import { layersError, type RuntimeName, runtimeNames } from "../policypack/runtimes/predict";
import { usualRuntimes } from "../policypack/runtimes/ecs-runtimes";

export const runtimesFile = join(__dirname, "../docs/runtimes.md");

const docker = "application/vnd.docker.image.rootfs.diff.tar";
const oci = "application/vnd.oci.image.layer.v1.tar";

/** The images of the table: what they are → the media types of their layers. */
const images: readonly (readonly [name: string, mediaTypes: readonly string[]])[] = [
  ["gzip, Docker media types", [`${docker}.gzip`, `${docker}.gzip`]],
  ["gzip, OCI media types", [`${oci}+gzip`, `${oci}+gzip`]],
  ["uncompressed, OCI media types", [oci, oci]],
  ["zstd, OCI media types", [`${oci}+zstd`, `${oci}+zstd`]],
  ["zstd, Docker media types", [`${docker}.zstd`, `${docker}.zstd`]],
  ["**gzip and zstd, OCI media types**", [`${oci}+gzip`, `${oci}+zstd`]],
  ["**gzip and zstd, Docker media types**", [`${docker}.gzip`, `${docker}.zstd`]],
  ["encrypted, OCI media types", [`${oci}+gzip+encrypted`]],
  ["an unknown media type", ["application/vnd.example.layer.v1"]],
];

/** The text of `docs/runtimes.md`: which container runtime pulls which image, by the rules that the policies apply. */
export async function runtimesPage(): Promise<string> {
  const errors: string[] = [];
  const rows = images.map(([name, mediaTypes]) => {
    const cells = runtimeNames.map((runtime) => {
      const error = errorOf(runtime, mediaTypes);
      if (error === undefined) return "pulls";
      if (!errors.includes(error)) errors.push(error);
      return `fails (${errors.indexOf(error) + 1})`;
    });
    return `| ${[name, ...cells].join(" | ")} |`;
  });
  const page = [
    "<!-- made by `npm run docs` from policypack/runtimes/ -->",
    "",
    "# Container runtimes",
    "",
    "The guard predicts what each container runtime does with an image. `test/conformance/` holds the pulls of real runtimes that these rules",
    "reproduce, error text included.",
    "",
    "## Which runtime pulls a task's image",
    "",
    "AWS does not publish which container runtimes its hosts run. The guard assumes the following. If you know better, set `runtimes`",
    "([configuration](configuration.md)).",
    "",
    "| launch type | runtimes |",
    "| --- | --- |",
    ...Object.entries(usualRuntimes).map(
      ([launchType, names]) => `| \`${launchType}\` | ${names.map((name) => `\`${name}\``).join(", ")} |`,
    ),
    "",
    "A task definition without `requiresCompatibilities` is judged for EC2. `containerd-2.0` stands for the releases from 2.0 up to the next name",
    "in this page, and so on. `dockerd-23` stands for Docker 23 and later with its own image store; Amazon's ECS-optimized AMIs ship Docker 25.",
    "",
    "## Which image each of them pulls",
    "",
    `| layers | ${runtimeNames.map((name) => `\`${name}\``).join(" | ")} |`,
    `| --- |${" --- |".repeat(runtimeNames.length)}`,
    ...rows,
    "",
    "The errors, as ECS shows them after `CannotPullContainerError:`",
    "",
    ...errors.map((error, index) => `${index + 1}. \`${error}\``),
    "",
    "## Which manifest of an index each of them takes",
    "",
    "- **containerd** takes the best match for `linux/amd64` (or the task's platform), whatever the processor of the host. From 2.3, an entry",
    "  with `os.features` matches only hosts that have them. An entry without a platform is judged by its config.",
    "- **dockerd 20.10** takes the first entry with the same operating system and architecture.",
    "- **dockerd 23 and later**, and Docker 29's containerd store, take the best match for the host's processor: `linux/amd64/v3` before",
    "  `linux/amd64` on a host of level v3. The guard judges the levels v2, v3 and v4, and names the level that fails.",
    "",
    "A verdict is blocked if any runtime that the task may meet fails.",
    "",
  ].join("\n");
  return format(page, { ...(await resolveConfig(runtimesFile)), parser: "markdown" });
}

function errorOf(runtime: RuntimeName, mediaTypes: readonly string[]): string | undefined {
  const layers = mediaTypes.map((mediaType, index) => ({
    mediaType,
    digest: `sha256:${String(index + 1).padStart(64, "0")}`,
    size: 1024,
    compression: compressionOf(mediaType),
  }));
  const diffIds = layers.map((_, index) => `sha256:${String(index + 1).padStart(64, "d")}`);
  return layersError(runtime, { layers, diffIds });
}
