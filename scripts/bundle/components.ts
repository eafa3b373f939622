import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { packageFolderOf } from "./metafile";
import { checkout } from "./places";

/** A package of which the bundle holds code. */
export interface Component {
  /** With its scope: `@aws-sdk/client-ecr`. */
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly license: string;
  /** Its licence and notice files, by name. */
  readonly texts: readonly string[];
  /** SHA-512 of its tarball in the registry, in hexadecimal, as package-lock.json has it. */
  readonly sha512: string;
}

/** The packages in a bundle, by name and version. */
export function componentsOf({ outputs }: Metafile): Component[] {
  const inputs = Object.values(outputs).flatMap(({ inputs }) =>
    // What weighs nothing was left out.
    Object.entries(inputs).flatMap(([input, { bytesInOutput }]) => (bytesInOutput > 0 ? [input] : [])),
  );
  const folders = new Set(inputs.map(packageFolderOf).filter((folder) => folder !== undefined));
  const { packages } = json("package-lock.json") as { packages: Record<string, { integrity?: string }> };
  return [...folders]
    .map((folder) => componentIn(folder, packages[folder]?.integrity))
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

export function keyOf({ name, version }: Component): string {
  return `${name}@${version}`;
}

function componentIn(folder: string, integrity = ""): Component {
  const { name, version, license } = json(folder, "package.json") as Record<string, unknown>;
  const sha512 = /^sha512-(\S+)/.exec(integrity)?.[1];
  if (typeof name !== "string" || typeof version !== "string" || typeof license !== "string")
    throw new Error(`${folder} has no name, version or licence.`);
  if (sha512 === undefined) throw new Error(`package-lock.json has no SHA-512 of ${folder}.`);
  const texts = readdirSync(join(checkout, folder))
    .filter((file) => /^(licen[cs]e|notice|copying)(\.|-|$)/i.test(file))
    .sort()
    .map((file) =>
      readFileSync(join(checkout, folder, file), "utf8")
        .replaceAll("\r\n", "\n")
        .trim(),
    );
  return {
    name,
    version: version.replace(/^v/, ""),
    license: license.replace(/^\((.*)\)$/, "$1"),
    texts,
    sha512: Buffer.from(sha512, "base64").toString("hex"),
  };
}

function json(...path: string[]): unknown {
  return JSON.parse(readFileSync(join(checkout, ...path), "utf8"));
}
