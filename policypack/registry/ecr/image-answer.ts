import type { Image } from "@aws-sdk/client-ecr";
import { verifyDigest } from "../../oci/digest";
import { failure, type Outcome, success } from "../../oci/failure";
import { dockerSchema1, ociIndex, ociManifest } from "../../oci/media-types";
import { isRecord, printable } from "../../oci/text";
import type { FetchedManifest } from "../client";
import { namesDigest } from "./sdk";

/** The OCI distribution specification's bound for a manifest, which ECR keeps too: bytes. */
const maximumManifestBytes = 4 * 1024 * 1024;

/** The manifest of one image of BatchGetImage's answer, as it was pushed: its bytes hash to its digest. */
export function verified(image: Image, id: string): Outcome<FetchedManifest> {
  const bytes = Buffer.from(image.imageManifest ?? "", "utf8");
  const digest = namesDigest(id) ? id : (image.imageId?.imageDigest ?? "");
  if (bytes.length === 0)
    return failure("malformed", `ECR answered without the manifest of ${printable(id)}`);
  if (bytes.length > maximumManifestBytes)
    return failure(
      "malformed",
      `the manifest of ${printable(id)} is longer than ${maximumManifestBytes} bytes`,
    );
  if (!verifyDigest(digest, bytes))
    return failure(
      "malformed",
      `the manifest that ECR gave for ${printable(id)} does not match its digest ${printable(digest)}`,
    );
  return success({
    mediaType: image.imageManifestMediaType ?? mediaTypeOf(bytes.toString("utf8")),
    digest,
    bytes,
  });
}

/** Manifests pushed before ECR kept media types come without one; what the document is then shows in its fields. */
function mediaTypeOf(manifest: string): string {
  let document: unknown;
  try {
    document = JSON.parse(manifest);
  } catch {
    return ociManifest; // Whoever parses it says what is wrong.
  }
  if (!isRecord(document)) return ociManifest;
  if (typeof document["mediaType"] === "string") return document["mediaType"];
  if (document["schemaVersion"] === 1) return dockerSchema1;
  return "manifests" in document ? ociIndex : ociManifest;
}
