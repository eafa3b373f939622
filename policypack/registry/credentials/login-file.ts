import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { printable } from "../../oci/text";
import { CredentialError } from "./credential-error";
import { type LoginConfig, parseLoginConfig } from "./login-config";

/** 1 MiB: thousands of logins. */
const maximumBytes = 1024 * 1024;

/**
 * Reads a config.json or auth.json. A file that does not exist has no logins.
 *
 * @throws CredentialError naming the file and what is wrong with it
 */
export async function readLoginFile(path: string): Promise<LoginConfig> {
  const origin = `the login file ${printable(path)}`;
  let text: string;
  try {
    const status = await stat(path);
    if (status.isDirectory()) throw new CredentialError(`${origin} is a folder`);
    // Opening a pipe would wait for its writer, for ever perhaps.
    if (status.isFIFO() || status.isSocket()) throw new CredentialError(`${origin} is not a regular file`);
    text = await readBounded(path, origin);
  } catch (error) {
    if (error instanceof CredentialError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    if (code !== "ENOENT") throw new CredentialError(`${origin} cannot be read (${code})`);
    return { ...parseLoginConfig("", origin), absence: "does not exist" };
  }
  return parseLoginConfig(text, origin);
}

async function readBounded(path: string, origin: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  // `end` is inclusive: one byte more than allowed tells a file that is too long.
  const stream: AsyncIterable<Buffer> = createReadStream(path, { end: maximumBytes });
  for await (const chunk of stream) {
    chunks.push(chunk);
    size += chunk.length;
  }
  if (size > maximumBytes) throw new CredentialError(`${origin} is larger than 1 MiB`);
  return Buffer.concat(chunks).toString("utf8");
}
