import { constants, readFileSync, readlinkSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { DockerfileSource } from "../builds/image-build";
import { printable } from "../common/text";
import { isRecord } from "../common/values";

/** No Dockerfile is nearly as long. */
const maximumBytes = 1024 * 1024;

/** A Dockerfile's text, or why it cannot be read, to complete "… is not known: …". */
export type DockerfileText = { readonly text: string } | { readonly unreadable: string };

/** Reads the Dockerfile of a build. Only ever a plain file is read, and no more of it than a Dockerfile may have. Never rejects. */
export async function dockerfileText(
  source: DockerfileSource,
  folder: () => string | undefined,
): Promise<DockerfileText> {
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
    if (!(await file.stat()).isFile()) return { unreadable: `${printable(path)} is not a file` };
    const { bytesRead, buffer } = await file.read(Buffer.alloc(maximumBytes + 1), 0, maximumBytes + 1, 0);
    if (bytesRead > maximumBytes) return { unreadable: `${printable(path)} is too long` };
    return { text: buffer.toString("utf8", 0, bytesRead) };
  } finally {
    await file.close();
  }
}

/**
 * The folder that a Pulumi program runs in, against which it writes relative paths.
 *
 * The engine does not pass it to a policy pack: its handshake names the pack's own folder, where the pack runs as well
 * (`sdk/go/common/resource/plugin/analyzer_plugin.go`). So it is looked for where the engine runs and where the person stands, and
 * taken only if it holds the very project of this run.
 *
 * @param project the name that this run's Pulumi.yaml must bear
 * @returns undefined if it is not found
 */
export function programFolder(
  project: string,
  starts: readonly string[] = likelyFolders(),
): string | undefined {
  for (const start of starts) {
    for (let folder = start; ; folder = dirname(folder)) {
      const found = projectIn(folder);
      if (found?.name === project) return workingFolder(folder, found.main);
      if (found !== undefined || dirname(folder) === folder) break;
    }
  }
  return undefined;
}

/** Where the processes run that started this one (Linux), and where the person's shell stands. */
function likelyFolders(): string[] {
  const folders: string[] = [];
  let pid = process.ppid;
  for (let generation = 0; generation < 4 && pid > 1; generation++) {
    try {
      folders.push(readlinkSync(`/proc/${pid}/cwd`));
      pid = Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    } catch {
      break;
    }
  }
  return [...folders, process.env["PWD"] ?? "", process.env["INIT_CWD"] ?? ""].filter((folder) =>
    isAbsolute(folder),
  );
}

/** The project file in a folder, as far as it matters here. Its `name` and `main` are plain words in every project. */
function projectIn(folder: string): { name: string | undefined; main: string | undefined } | undefined {
  for (const file of ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"]) {
    try {
      if (!statSync(join(folder, file)).isFile()) continue;
      const text = readFileSync(join(folder, file), "utf8");
      const valueOf = file.endsWith("json") ? jsonValue(text) : yamlValue(text);
      return { name: valueOf("name"), main: valueOf("main") };
    } catch {
      continue;
    }
  }
  return undefined;
}

function yamlValue(text: string): (key: string) => string | undefined {
  return (key) => {
    const line = new RegExp(`^${key}\\s*:\\s*(?:"([^"]*)"|'([^']*)'|([^\\s#]+))`, "m").exec(text);
    return line?.[1] ?? line?.[2] ?? line?.[3];
  };
}

function jsonValue(text: string): (key: string) => string | undefined {
  const document: unknown = JSON.parse(text);
  return (key) => {
    const value: unknown = isRecord(document) ? document[key] : undefined;
    return typeof value === "string" ? value : undefined;
  };
}

/** A program elsewhere runs there (`engine/project.go`, `getPwdMain`). */
function workingFolder(root: string, main: string | undefined): string {
  if (main === undefined || main === "") return root;
  const place = resolve(root, main);
  try {
    return statSync(place).isDirectory() ? place : dirname(place);
  } catch {
    return root;
  }
}
