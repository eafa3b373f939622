/** One challenge of a `WWW-Authenticate` header (RFC 9110 §11.6.1). */
export interface Challenge {
  /** The auth-scheme in lower case: `bearer`, `basic`, … */
  readonly scheme: string;
  /** The token68 credentials of schemes such as `Negotiate`; never with params. */
  readonly token68?: string;
  /** The auth-params, names in lower case, values unquoted; of a repeated one the first. */
  readonly params: ReadonlyMap<string, string>;
}

const separators = /[\s,]+/y;
const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const token68 = /[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))/y;
const equals = /\s*=\s*/y;
const quotedString = /"((?:[^"\\]|\\[^])*)(?:"|\\?$)/y;
// Wider than the grammar's token: registries have been seen that do not quote a realm URL.
const bareValue = /[^\s,"]*/y;

/**
 * Reads the challenges of all `WWW-Authenticate` fields of an answer, in their order. A field may hold several, and
 * the comma that separates challenges also separates params: a name followed by `=` is a param of the challenge
 * before it, any other is a scheme. What fits neither is skipped. Never throws.
 */
export function parseChallenges(fields: readonly string[]): Challenge[] {
  return fields.flatMap(parseField);
}

function parseField(field: string): Challenge[] {
  const challenges: { scheme: string; token68?: string; params: Map<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(field);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  while (at < field.length) {
    if (take(separators) !== null) continue;
    const name = take(token)?.[0].toLowerCase();
    if (name === undefined) {
      at++;
      continue;
    }
    const current = challenges.at(-1);
    if (current !== undefined && current.token68 === undefined && take(equals) !== null) {
      const quoted = take(quotedString)?.[1];
      const value = quoted?.replace(/\\([^])/g, "$1") ?? take(bareValue)?.[0] ?? "";
      if (!current.params.has(name)) current.params.set(name, value);
      continue;
    }
    const challenge: (typeof challenges)[number] = { scheme: name, params: new Map() };
    challenges.push(challenge);
    if (take(/\s+/y) !== null) {
      const credentials = take(token68)?.[0];
      if (credentials !== undefined) challenge.token68 = credentials;
    }
  }
  return challenges;
}
