import { digestProblem, isDigest } from "./digest";
import { printable } from "../common/text";

/** A parsed image name; familiar names are normalised as Docker does (`nginx` is `docker.io/library/nginx`). */
export interface Reference {
  /** Domain and port, such as `docker.io` or `localhost:5000`. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  /** If there is a tag too, the digest wins. */
  readonly digest?: string;
}

/** The image name is illegal; the message says why, and is safe to print. */
export class InvalidReferenceError extends Error {
  override readonly name = "InvalidReferenceError";

  /** @param problem why, as a clause that does not repeat the name */
  constructor(
    message: string,
    readonly problem: string = message,
  ) {
    super(message);
  }
}

/*
 * The grammar of distribution/reference (`reference.go`, `regexp.go`):
 *
 *   reference         := name [ ":" tag ] [ "@" digest ]
 *   name              := [ domain "/" ] path
 *   domain            := host [ ":" port-number ]
 *   host              := domain-name | IPv4address | "[" IPv6address "]"
 *   domain-name       := domain-component [ "." domain-component ]*
 *   path              := path-component [ "/" path-component ]*
 *   path-component    := alpha-numeric [ separator alpha-numeric ]*
 *   separator         := /[_.]|__|[-]+/
 *   tag               := /[\w][\w.-]{0,127}/
 *
 * Neither path nor tag holds ":" or "@", so that a name can be cut there and each piece be judged alone. A digest that
 * go-digest validates always fits the grammar: see digest.ts.
 */
const domainComponent = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const host = `(?:${domainComponent}(?:\\.${domainComponent})*|\\[[a-fA-F0-9:]+\\])`;
const pathComponent = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const domainPattern = new RegExp(`^${host}(?::[0-9]+)?$`);
const pathPattern = new RegExp(`^${pathComponent}(?:/${pathComponent})*$`);
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const identifierPattern = /^[a-f0-9]{64}$/;

const defaultDomain = "docker.io";
const legacyDefaultDomain = "index.docker.io";
const officialRepositoryPrefix = "library/";
/** `RepositoryNameTotalLengthMax`: of the path, without the domain. */
const maximumPathLength = 255;
/** A path, a tag, a digest and the longest host of DNS are less than half of it. It keeps the patterns quick. */
const maximumLength = 4096;

/**
 * Parses an image name as Docker does (distribution/reference, `ParseNormalizedNamed`). No tag is added where none is
 * given: see {@link withDefaultTag}.
 *
 * @throws {InvalidReferenceError}
 */
export function parseReference(name: string): Reference {
  let reference = parsed.get(name);
  if (reference !== undefined) return reference;
  reference = Object.freeze(parse(name));
  if (parsed.size === mostParsed) parsed.clear();
  parsed.set(name, reference);
  return reference;
}

/** A run parses each name some dozen times: every policy looks at every image. */
const parsed = new Map<string, Reference>();
const mostParsed = 4_096;

function parse(name: string): Reference {
  if (typeof name !== "string") throw new InvalidReferenceError("The image name is not a string.");
  const stray = strayProblem(name);
  if (stray !== undefined) throw invalid(name, stray);
  const [registry, remainder] = splitDomain(name);
  const [named, digest] = cut(remainder, "@");
  const [repository, tag] = cut(named, ":");
  const problem =
    nameProblem(registry, repository) ??
    (tag === undefined || tagPattern.test(tag) ? undefined : tagProblem(tag)) ??
    (digest === undefined ? undefined : prefixed("its digest", digestProblem(digest)));
  if (problem !== undefined) throw invalid(name, problem);
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The same; undefined for a name that is not valid. */
export function referenceIn(name: string): Reference | undefined {
  try {
    return parseReference(name);
  } catch {
    return undefined;
  }
}

/** An image name as it may be shown, valid or not: see {@link withoutLogin}. */
export function printableName(name: string, length?: number): string {
  return printable(withoutLogin(name), length);
}

/** A digest, or what somebody may have meant as one. */
const digestLike = /@(?:(?:sha|blake)\w*|md5):\w*$|@[a-z]\w*:[a-f0-9]{32,}$/i;
const scheme = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * The name without what stands before `@` as a login does in a URL, and without a query: both may be secrets. Neither is
 * part of any legal name, where `@` comes before a digest only. A password may hold any character, so the last `@` counts.
 */
export function withoutLogin(name: string): string {
  const [prefix = ""] = scheme.exec(name) ?? [];
  const [digest = ""] = prefix === "" ? (digestLike.exec(name) ?? []) : [];
  const middle = name.slice(prefix.length, name.length - digest.length);
  const at = Math.max(middle.lastIndexOf("@"), middle.toLowerCase().lastIndexOf("%40"));
  if (at < 0) return prefix + withoutQuery(middle) + (middle.includes("?") ? "" : digest);
  // A `?` before the `@` is part of a password, or begins a query that holds the `@`: then nothing is known to be harmless.
  const isQuery = middle.slice(0, at).includes("?");
  return isQuery
    ? `${prefix}…`
    : `${prefix}…@${withoutQuery(middle.slice(at).replace(/^(?:@|%40)/i, ""))}${digest}`;
}

function withoutQuery(text: string): string {
  return text.replace(/\?.*$/s, "?…");
}

/** With the tag `latest` if there is neither tag nor digest (`TagNameOnly`). */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined
    ? { ...reference, tag: "latest" }
    : reference;
}

/** The full name of what is pulled: with its registry, and with the default tag if it has none. */
export function canonicalName(reference: Reference): string {
  return formatReference(withDefaultTag(reference));
}

/** The full name: `docker.io/library/nginx:1.27@sha256:…`. */
export function formatReference({ registry, repository, tag, digest }: Reference): string {
  return `${registry}/${repository}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/** `splitDockerDomain`: only what looks like a host is one; anything else is a path on Docker Hub. */
function splitDomain(name: string): [domain: string, remainder: string] {
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const isDomain = first === "localhost" || /[.:]/.test(first) || first !== first.toLowerCase();
  const registry = !isDomain || first === legacyDefaultDomain ? defaultDomain : first;
  const remainder = isDomain ? name.slice(slash + 1) : name;
  const isFamiliar = registry === defaultDomain && !remainder.includes("/");
  return [registry, isFamiliar ? officialRepositoryPrefix + remainder : remainder];
}

function cut(text: string, separator: string): [before: string, after?: string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** What templates replace: `<NAME>`, `${NAME}`, `{{name}}`, `$(name)`, `$NAME`, `#{name}#`, `%NAME%`, and a variable's name alone. */
const placeholder = /<[^<>]*>|[$#]\{|\{\{|\$\(|\$[A-Za-z_]|%[A-Za-z]\w*%|^(?=.*[A-Z])[A-Z0-9]*_[A-Z0-9_]*$/;

/** What no part of any name may be, with the usual mistake behind it. */
function strayProblem(name: string): string | undefined {
  if (name === "") return "it is empty";
  if (name.length > maximumLength) return `it has ${name.length} characters, far more than a name may have`;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(name))
    return "it begins with a scheme; a name begins with the registry's host";
  if (/^arn:/i.test(name))
    return "it is an ARN; write account.dkr.ecr.region.amazonaws.com/repository:tag for an image in ECR";
  if (placeholder.test(name))
    return "it contains a placeholder, such as <IMAGE1_NAME> or ${IMAGE}, that was not replaced";
  if (/\s/.test(name)) return "it contains white space";
  if (/\p{Cc}/u.test(name)) return "it contains a control character";
  if (/[^\x21-\x7e]/.test(name)) return "it contains characters other than ASCII";
  if (isDigest(name)) return "a digest alone does not name a repository, write repository@sha256:…";
  return identifierPattern.test(name)
    ? "64 hex digits are an image id, which only the local Docker knows (cannot specify 64-byte hexadecimal strings)"
    : undefined;
}

function nameProblem(registry: string, repository: string): string | undefined {
  if (repository !== repository.toLowerCase()) return "repository name must be lowercase";
  if (repository.split("/").includes("")) return "a part of its path is empty";
  if (!pathPattern.test(repository)) {
    return "each part of its path must be lowercase letters and digits, with one of . _ __ or dashes between them";
  }
  let path = repository;
  if (!domainPattern.test(registry)) {
    if (pathPattern.test(registry)) {
      // The grammar has no such host (`my_host.example/app`), yet takes it as the path's beginning and finds no domain.
      // The text is the same, and containerd pulls from the host that stands there; so we do.
      path = `${registry}/${repository}`;
    } else if (pathPattern.test(registry.toLowerCase())) {
      return "repository name must be lowercase";
    } else {
      return "its host must be a domain name, an IPv4 address or an IPv6 address in brackets, then perhaps a :port";
    }
  }
  return path.length > maximumPathLength
    ? `its repository has ${path.length} characters, and ${maximumPathLength} are allowed`
    : undefined;
}

function tagProblem(tag: string): string {
  if (tag.length > 128) return `its tag has ${tag.length} characters, and 128 are allowed`;
  return "its tag is not valid: a tag has 1 to 128 letters, digits, _ . and -, and does not start with . or -";
}

function prefixed(subject: string, problem: string | undefined): string | undefined {
  return problem === undefined ? undefined : `${subject} ${problem}`;
}

function invalid(name: string, why: string): InvalidReferenceError {
  return new InvalidReferenceError(
    `\`${printableName(name, 120)}\` is not a valid image name: ${why}. ECS refuses it.`,
    why,
  );
}

/** The repository of an image: the part of a reference that a registry client needs. */
export interface RepositoryName {
  readonly registry: string;
  readonly repository: string;
}
