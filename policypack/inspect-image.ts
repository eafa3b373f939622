import { type InspectedImage, Inspector, type InspectorOptions } from "./inspector";
import type { Outcome } from "./oci/failure";
import { parsePlatform, type Platform } from "./oci/platform";

/** How one image is inspected: for which platform, and with what the `Inspector` takes. */
export interface InspectImageOptions extends InspectorOptions {
  /** Of the task, as `OS/ARCH[/VARIANT]` or parsed. Default: linux/amd64. */
  readonly platform?: string | Platform;
}

/**
 * What the registry says of one image, its layers with their compression included. Opens what it needs and closes it again; to inspect
 * many, share one `Inspector`.
 *
 * @param image a name as in a container definition: `nginx:1.27`
 * @returns the image, or a failure of a known kind; never rejects for what a registry or an image name does
 * @throws InvalidPlatformError
 */
export async function inspectImage(
  image: string,
  { platform = "linux/amd64", ...options }: InspectImageOptions = {},
): Promise<Outcome<InspectedImage>> {
  const wanted = typeof platform === "string" ? parsePlatform(platform) : platform;
  const inspector = new Inspector(options);
  try {
    return await inspector.inspect(image, wanted);
  } finally {
    await inspector.close();
  }
}
