import { looksRandom, parseUrl, printable } from "./text";

/** One place where a credential may be, and what became of it. */
export interface SearchedPlace {
  /** In words: `DOCKER_AUTH_CONFIG`, a file's path, an AWS identity. */
  readonly place: string;
  readonly outcome: "used" | "none" | "fault" | "not-asked";
  /** A predicate for the place as subject, free of secrets: `has no login for ghcr.io`. */
  readonly reason: string;
}

/** The search for a credential, place by place in its order. */
export interface CredentialSearch {
  readonly places: readonly SearchedPlace[];
}

/** One request as it may be shown: of its query, only an allow-list of parameters. */
export interface RequestStep {
  readonly step: "request";
  readonly method: string;
  /** `http` or `https`. */
  readonly scheme: string;
  readonly host: string;
  /** With the names of the query's parameters; only values that are not secrets are shown. */
  readonly path: string;
  /** The credentials that the request carried. */
  readonly credentials:
    "none" | "basic" | "bearer" | "refresh-token" | "aws-signature" | "presigned-url" | "other";
  /** The operation of the ECR API; null for other requests. */
  readonly operation: string | null;
  /** The HTTP status; null if there was no answer. */
  readonly status: number | null;
  /** The target of a redirect, as host and path; null for other answers. */
  readonly redirect: string | null;
  /** Why there was no answer, in words; null if there was one. */
  readonly failure: string | null;
  /** Milliseconds from the request to the last byte, the wait for a free connection included. */
  readonly ms: number;
}

/** An entry of an index, or what was chosen of it. */
export interface OfferedPlatform {
  /** `linux/arm64/v8`; null if the entry names none. */
  readonly platform: string | null;
  readonly digest: string;
}

/** What happened on the way from a name to a verdict. The words are part of the command's JSON and only ever grow. */
export type TraceStep =
  | {
      readonly step: "reference";
      readonly registry: string;
      readonly repository: string;
      readonly tag: string | null;
      readonly digest: string | null;
      readonly canonical: string;
    }
  | {
      readonly step: "registry";
      readonly registry: string;
      readonly kind: "ecr-api" | "distribution" | "mirror";
      /** Why it is read this way. */
      readonly reason: string;
    }
  | ({ readonly step: "credential"; readonly registry: string } & CredentialSearch)
  | RequestStep
  | {
      readonly step: "mirror";
      readonly registry: string;
      readonly mirror: string;
      readonly outcome: "answered" | "failed" | "skipped";
      readonly reason: string | null;
    }
  | {
      readonly step: "index";
      /** The platform of the task. */
      readonly wanted: string;
      readonly offered: readonly OfferedPlatform[];
      /** Entries that are attestations, not images. */
      readonly attestations: number;
      readonly chosen: OfferedPlatform | null;
      readonly reason: string;
    }
  | {
      readonly step: "manifest";
      readonly digest: string;
      readonly mediaType: string;
      readonly layers: number;
    };

/** Records the steps of an inspection. Without one, no steps are prepared. */
export interface Trace {
  add(step: TraceStep): void;
  /** Texts that must not be shown, wherever they turn up: a registry may repeat a password in a URL. */
  conceal(secrets: readonly string[]): void;
}

/** Shorter texts are found in any output, and hiding them would only point at them. */
const shortestSecret = 4;

/** The steps of one image, each credential and registry once. */
export class TraceLog implements Trace {
  readonly #steps: TraceStep[] = [];
  readonly #told = new Set<string>();
  readonly #secrets = new Set<string>();

  add(step: TraceStep): void {
    if (step.step === "credential" || step.step === "registry") {
      const key = JSON.stringify(step);
      if (this.#told.has(key)) return;
      this.#told.add(key);
    }
    this.#steps.push(step);
  }

  conceal(secrets: readonly string[]): void {
    for (const secret of secrets)
      for (const form of [secret, encodeURIComponent(secret), encodeURI(secret)])
        if (form.length >= shortestSecret) this.#secrets.add(form);
  }

  /** The steps up to now, without the secrets that are known by now. */
  get steps(): readonly TraceStep[] {
    const secrets = [...this.#secrets].sort((a, b) => b.length - a.length);
    return this.#steps.map((step) => withoutSecrets(step, secrets));
  }
}

/** The same value with every text in it cleaned; its shape and the names of its fields stay. */
function withoutSecrets<T>(value: T, secrets: readonly string[]): T {
  const clean = (one: unknown): unknown => {
    if (typeof one === "string") return secrets.reduce((text, secret) => text.replaceAll(secret, "…"), one);
    if (Array.isArray(one)) return one.map(clean);
    if (typeof one !== "object" || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, clean(inner)]));
  };
  return clean(value) as T;
}

/** The target of a request, as it may be shown. */
export function placeOf(url: URL): Pick<RequestStep, "scheme" | "host" | "path"> {
  return { scheme: url.protocol.replace(":", ""), host: url.host, path: shownPath(url) };
}

/** The kind of credentials that a request of ours carries. One with a body is for a token, and carries its login there. */
export function credentialsOf(request: {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}): RequestStep["credentials"] {
  if (request.body !== undefined) return "refresh-token";
  const { authorization } = request.headers;
  if (authorization === undefined)
    return request.url.searchParams.has("X-Amz-Signature") ? "presigned-url" : "none";
  return /^basic /i.test(authorization) ? "basic" : /^bearer /i.test(authorization) ? "bearer" : "other";
}

/** The target of a redirect, as it may be shown. */
export function redirectOf(
  response: { readonly status: number; header(name: string): readonly string[] },
  from: URL,
): RequestStep["redirect"] {
  const [location] = response.status >= 300 && response.status <= 399 ? response.header("location") : [];
  const target = location === undefined ? undefined : parseUrl(location, from);
  return target === undefined ? null : target.host + shownPath(target);
}

/** Parameters of token services and mirrors that name what is requested, and nothing of the user. */
const harmlessParameters: ReadonlySet<string> = new Set(["service", "scope", "ns"]);
const digest = /^[a-z0-9]+:[0-9a-f]{32,128}$/;

/**
 * A URL's path and query as they may be shown. By allow-list: the values of a few parameters, and parts of the path that
 * look like names or digests. A presigned URL keeps its host, the place of its object and its parameters' names.
 */
export function shownPath(url: URL): string {
  const path = url.pathname.split("/").map(shownPart).join("/");
  const query = [...url.searchParams].map(([name, value]) => {
    const shown = harmlessParameters.has(name) ? printable(value, 200) : "…";
    return `${isName(name) ? printable(name, 40) : "…"}=${shown}`;
  });
  const parameters = query.length > 16 ? [...query.slice(0, 16), "…"] : query;
  return printable(path, 400) + (parameters.length === 0 ? "" : `?${parameters.join("&")}`);
}

function shownPart(part: string): string {
  const plain = part.replace(/%3a/i, ":");
  if (digest.test(plain)) return plain;
  return part.length <= 128 && isName(part) ? part : "…";
}

/** Whether a text is made of words as people write them in repositories and tags, and of nothing that looks like a key. */
function isName(text: string): boolean {
  if (!/^[\w.~:@-]*$/.test(text)) return false;
  return text.split(/[^A-Za-z0-9]+/).every((word) => word.length <= 40 && !looksRandom(word));
}
