import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { devNull } from "node:os";
import { printable } from "../common/text";
import { type Credential, CredentialError } from "./credential";
import { isRecord } from "../common/values";

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
    // A pipe or a terminal would keep its reader waiting, perhaps forever. /dev/null is how people say that there is nothing.
    if (!status.isFile() && !(status.isCharacterDevice() && status.rdev === (await stat(devNull)).rdev))
      throw new CredentialError(`${origin} is not a regular file`);
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
  // `end` is inclusive: one byte more than allowed shows that a file is too long.
  const stream: AsyncIterable<Buffer> = createReadStream(path, { end: maximumBytes });
  for await (const chunk of stream) {
    chunks.push(chunk);
    size += chunk.length;
  }
  if (size > maximumBytes) throw new CredentialError(`${origin} is larger than 1 MiB`);
  return Buffer.concat(chunks).toString("utf8");
}

// Values are never quoted here: the documents hold passwords, and JSON.parse's own messages quote them too.

/**
 * Reads one JSON object.
 *
 * @param what the document in words, the start of each message
 */
export function parseObject(text: string, what: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new CredentialError(`${what} is not JSON, or only half of it`);
  }
  if (!isRecord(document)) throw new CredentialError(`${what} is not a JSON object`);
  return document;
}

/** A string; null and absence are "", as for Go's encoding/json, by which docker reads its files and helpers. */
export function stringField(record: Record<string, unknown>, name: string, what: string): string {
  const value = field(record, name) ?? "";
  if (typeof value === "string") return value;
  throw new CredentialError(`${what} has a wrong ${name}: a string is expected`);
}

/** An object as a map, so that keys such as `__proto__` and `constructor` mean nothing special. */
function mapField(record: Record<string, unknown>, name: string, what: string): ReadonlyMap<string, unknown> {
  const value = field(record, name) ?? {};
  if (isRecord(value)) return new Map(Object.entries(value));
  throw new CredentialError(`${what} has a wrong ${name}: an object is expected`);
}

/** Go's encoding/json also takes a key that differs from the field's name in case only. */
function field(record: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(record, name)) return record[name];
  const key = Object.keys(record).findLast((other) => other.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : record[key];
}

/** The parts of docker's config.json, or of Podman's auth.json, that say who logs in. */
export interface LoginConfig {
  /** Where it was read, in words for messages. */
  readonly origin: string;
  /** Entries by key. Each is parsed only when it is needed, so that a broken one affects only its own registry. */
  readonly auths: ReadonlyMap<string, unknown>;
  /** The names of helpers by key, likewise. */
  readonly credHelpers: ReadonlyMap<string, unknown>;
  /** The helper for every other registry; "" for none. */
  readonly credsStore: string;
  /** Why there is nothing to read, as a predicate for the origin. */
  readonly absence?: string;
}

/**
 * Reads the document. An empty one has no logins, as for docker.
 * Source: docker/cli `cli/config/configfile/file.go`, `LoadFromReader`.
 *
 * @throws CredentialError if it is not a JSON object or a part has the wrong type
 */
export function parseLoginConfig(text: string, origin: string): LoginConfig {
  const document = text.trim() === "" ? {} : parseObject(text, origin);
  return {
    origin,
    auths: mapField(document, "auths", origin),
    credHelpers: mapField(document, "credHelpers", origin),
    credsStore: stringField(document, "credsStore", origin),
  };
}

/**
 * The credential in an entry of `auths`. One without content only marks that a helper has it.
 * Source: docker/cli `cli/config/types/authconfig.go`, and `decodeAuth` in `cli/config/configfile/file.go`.
 *
 * @param what the entry in words, the start of each message
 */
export function credentialOfEntry(entry: unknown, what: string): Credential | undefined {
  if (entry === null || entry === undefined) return undefined;
  if (!isRecord(entry)) throw new CredentialError(`${what} is not an object`);
  const identityToken = stringField(entry, "identitytoken", what);
  if (identityToken !== "") return { identityToken };
  const auth = stringField(entry, "auth", what);
  if (auth !== "") return decodeAuth(auth, what);
  return credentialOf(stringField(entry, "username", what), stringField(entry, "password", what));
}

/**
 * What a user name and a secret mean: `<token>` stands for an identity token (`native_store.go`), and one without the
 * other is not a login (distribution's `fetchTokenWithBasicAuth`).
 */
export function credentialOf(username: string, secret: string): Credential | undefined {
  if (username === "" || secret === "") return undefined;
  return username === "<token>" ? { identityToken: secret } : { username, password: secret };
}

/** base64 of `user:password`; only the first colon separates. Go's decoder skips line ends and insists on padding. */
function decodeAuth(auth: string, what: string): Credential | undefined {
  const base64 = auth.replace(/[\r\n]/g, "");
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64))
    throw new CredentialError(`${what} has a wrong auth: base64 is expected`);
  const [, username, password] = /^([^:]+):(.*)$/s.exec(Buffer.from(base64, "base64").toString("utf8")) ?? [];
  if (username === undefined || password === undefined)
    throw new CredentialError(`${what} has a wrong auth: base64 of user:password is expected`);
  return credentialOf(username, trimNuls(password));
}

function trimNuls(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && text[start] === "\0") start++;
  while (start < end && text[end - 1] === "\0") end--;
  return text.slice(start, end);
}
