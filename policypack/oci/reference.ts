import { digestProblem } from "./digest";
import { printable } from "./text";

/** A parsed image name; familiar names are normalised as Docker does (`nginx` is `docker.io/library/nginx`). */
export interface Reference {
  /** Domain and port, such as `docker.io` or `localhost:5000`. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  /** Where a tag stands beside it, the digest wins. */
  readonly digest?: string;
}

/** The image name is illegal; the message says why, and is safe to print. */
export class InvalidReferenceError extends Error {
  override readonly name = "InvalidReferenceError";
}

/*
 * The grammar of distribution/reference (`reference.go`, `regexp.go`):
 *
 *   reference      := name [ ":" tag ] [ "@" digest ]
 *   name           := [ domain "/" ] path-component [ "/" path-component ]*
 *   domain         := host [ ":" port ]
 *   host           := domain-name | "[" IPv6 address "]"
 */
const pathComponent = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const path = `${pathComponent}(?:/${pathComponent})*`;
const domainComponent = "(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)";
const host = `(?:${domainComponent}(?:\\.${domainComponent})*|\\[[a-fA-F0-9:]+\\])`;
const domain = `${host}(?::[0-9]+)?`;
const tag = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";
const digest = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";
const referencePattern = new RegExp(`^(?:(${domain})/)?(${path})(?::(${tag}))?(?:@(${digest}))?$`);

const defaultDomain = "docker.io";
const legacyDefaultDomain = "index.docker.io";
/** `RepositoryNameTotalLengthMax`: of the path, without the domain. */
const maximumPathLength = 255;
/** No legal name comes near it; it keeps a message from a name of a megabyte short, and the patterns quick. */
const maximumLength = 4096;

/**
 * Parses an image name as Docker does (distribution/reference, `ParseNormalizedNamed`). No tag is added where none is
 * given: see {@link withDefaultTag}.
 *
 * @throws {InvalidReferenceError}
 */
export function parseReference(name: string): Reference {
  if (typeof name !== "string") throw new InvalidReferenceError("The image name is not a string.");
  if (name === "") throw invalid(name, "it is empty");
  if (name.length > maximumLength) throw invalid(name, `it has ${name.length} characters`);
  if (/^[a-f0-9]{64}$/.test(name))
    throw invalid(name, "64 hex digits are an image's id, which registries do not know");

  const [registry, remainder] = splitDomain(name);
  const repository = remainder.split(":", 1)[0] ?? "";
  if (repository !== repository.toLowerCase()) throw invalid(name, "a repository name must be lower-case");
  const match = referencePattern.exec(`${registry}/${remainder}`);
  if (match === null) throw invalid(name, formatProblem(name));

  const [, parsedDomain = "", parsedPath = "", parsedTag, parsedDigest] = match;
  if (parsedPath.length > maximumPathLength) {
    throw invalid(
      name,
      `its repository has ${parsedPath.length} characters, and ${maximumPathLength} are allowed`,
    );
  }
  const problem = parsedDigest === undefined ? undefined : digestProblem(parsedDigest);
  if (problem !== undefined) throw invalid(name, `its digest ${problem}`);
  return {
    registry: parsedDomain,
    repository: parsedPath,
    ...(parsedTag === undefined ? {} : { tag: parsedTag }),
    ...(parsedDigest === undefined ? {} : { digest: parsedDigest }),
  };
}

/** The same, for callers to whom an illegal name is no error. */
export function referenceIn(name: string): Reference | undefined {
  try {
    return parseReference(name);
  } catch {
    return undefined;
  }
}

/** With the tag `latest` where there is neither tag nor digest (`TagNameOnly`). */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined
    ? { ...reference, tag: "latest" }
    : reference;
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
  return [
    registry,
    registry === defaultDomain && !remainder.includes("/") ? `library/${remainder}` : remainder,
  ];
}

/** The grammar only says that it does not fit; these are the ways in which people miss it. */
function formatProblem(name: string): string {
  if (/^[a-z]+:\/\//i.test(name)) return "leave the scheme off";
  if (/\s/.test(name)) return "it contains white space";
  if (/[^\x21-\x7e]/.test(name)) return "it contains characters other than ASCII";
  if (/\/\/|^\/|\/$/.test(name)) return "a part of its path is empty";
  const afterSlash = name.slice(name.lastIndexOf("/") + 1);
  if (name.includes("@")) return "what follows @ must be a digest such as sha256:<64 hex digits>";
  if (afterSlash.includes(":"))
    return "what follows : must be a tag of 1 to 128 letters, digits, _ . and -, not starting with . or -";
  return "it must be [host[:port]/]path[:tag][@digest], the path in lower-case letters, digits and separators";
}

function invalid(name: string, why: string): InvalidReferenceError {
  return new InvalidReferenceError(`\`${printable(name, 120)}\` is no legal image name: ${why}.`);
}
