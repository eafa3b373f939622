import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The list of a bundle's parts, in its folder: file name → SHA-256 in hexadecimal. Made by `npm run build`. */
export const partsFile = "parts.json";

/** A part of the pack: its README and policies as the engine reads them, a serialised `AnalyzerInfo`. Made by `npm run build`. */
export const analyzerInfoFile = "analyzer-info.bin";

/** A part of the bundle is missing or was changed. It has no stack trace for people: it is a `RunError` to Pulumi. */
export class BrokenInstallationError extends Error {
  override readonly name = "BrokenInstallationError";
  readonly __pulumiRunError = true;
}

/**
 * Compares every part of the bundle with the list, in some milliseconds. Parts are loaded when they are needed first, and a guard
 * without its HTTP client would report every image as unverified, which blocks nothing.
 *
 * @param folder where the bundle lies
 * @throws BrokenInstallationError
 */
export function requireAllParts(folder: string): void {
  const parts = Object.entries(readParts(folder));
  if (parts.length === 0) refuse(folder, `${partsFile} lists nothing`);
  for (const [part, expected] of parts)
    if (digestOf(readPart(folder, part)) !== expected) refuse(folder, `${part} is not the published file`);
}

export function digestOf(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function readParts(folder: string): Record<string, string> {
  const text = readPart(folder, partsFile).toString("utf8");
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch {
    return refuse(folder, `${partsFile} is not valid JSON`);
  }
}

function readPart(folder: string, part: string): Buffer {
  try {
    return readFileSync(join(folder, part));
  } catch (error) {
    return refuse(folder, `${part} cannot be read (${String((error as NodeJS.ErrnoException).code)})`);
  }
}

function refuse(folder: string, what: string): never {
  throw new BrokenInstallationError(
    `ecs-image-guard does not start, because its installation in ${folder} is damaged: ${what}. Install it again.`,
  );
}
