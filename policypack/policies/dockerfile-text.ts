import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import { runtime } from "@pulumi/pulumi";
import type { DockerfileSource } from "../builds/image-build";
import { printable } from "../oci/text";
import { programFolder } from "./program-folder";

/** No Dockerfile is nearly as long. */
const maximumBytes = 1024 * 1024;

/** A Dockerfile's text, or why it cannot be read, to complete "… is not known: …". */
export type DockerfileText = { readonly text: string } | { readonly unreadable: string };

/** Reads the Dockerfile of a build. Only ever a plain file is read, and no more of it than a Dockerfile may have. Never rejects. */
export async function dockerfileText(source: DockerfileSource, folder = ownFolder): Promise<DockerfileText> {
  if ("unreadable" in source) return source;
  if ("inline" in source) return { text: source.inline };
  const base = isAbsolute(source.file) ? "/" : folder();
  if (base === undefined) return { unreadable: "the folder of the Pulumi program is not known here" };
  const file = resolve(base, source.file);
  try {
    return await textOf(file);
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
    return {
      unreadable: `${printable(source.file)} cannot be read (${typeof code === "string" ? code : "no reason given"})`,
    };
  }
}

async function textOf(path: string): Promise<DockerfileText> {
  // Without O_NONBLOCK, opening a FIFO waits for someone to write into it.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK || 0));
  try {
    if (!(await file.stat()).isFile()) return { unreadable: `${printable(path)} is no file` };
    const { bytesRead, buffer } = await file.read(Buffer.alloc(maximumBytes + 1), 0, maximumBytes + 1, 0);
    if (bytesRead > maximumBytes) return { unreadable: `${printable(path)} is too long` };
    return { text: buffer.toString("utf8", 0, bytesRead) };
  } finally {
    await file.close();
  }
}

let found: { readonly folder: string | undefined } | undefined;

function ownFolder(): string | undefined {
  found ??= { folder: programFolder(runtime.getProject()) };
  return found.folder;
}
