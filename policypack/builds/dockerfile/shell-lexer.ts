import { DockerfileError, Work } from "./limits";
import { replacePattern, trimPrefix, trimSuffix } from "./shell-pattern";

/** The arguments in force. One that has a value which is not known yet is there, as undefined. */
export type Variables = ReadonlyMap<string, string | undefined>;

/** How a lexer reads (BuildKit's `shell.Lex`); all false by default. */
export interface LexerOptions {
  /** The character that escapes, backslash or backtick. */
  readonly escape: string;
  readonly rawQuotes?: boolean;
  readonly rawEscapes?: boolean;
  /** Leave variables without a value as they are written, rather than take them for empty. */
  readonly keepUnset?: boolean;
}

/** `ARG`s that refer to each other can double in each line; no image name is longer than this. */
const maximumLength = 16 * 1024;
const maximumDepth = 50;

/** A word of a Dockerfile with its quotes taken off and its variables replaced. @throws {DockerfileError} */
export function expandWord(text: string, variables: Variables, escape: string, work: Work): string {
  return new ShellLexer(text, variables, { escape }, work).read().text;
}

/** The words of a text, split at white space outside of quotes. @throws {DockerfileError} */
export function splitWords(text: string, options: LexerOptions): string[] {
  return new ShellLexer(text, new Map(), options, new Work()).read().words;
}

/** BuildKit's own shell-like language, `frontend/dockerfile/shell/lex.go`: quotes, escapes, `$x`, `${x:-y}` and its kin. */
class ShellLexer {
  #at = 0;
  #depth = 0;

  constructor(
    private readonly source: string,
    private readonly variables: Variables,
    private readonly options: LexerOptions,
    private readonly work: Work,
  ) {}

  read(): { text: string; words: string[] } {
    return this.#until(undefined, this.options.rawEscapes ?? false);
  }

  #peek(): string {
    return this.source.charAt(this.#at);
  }

  #next(): string {
    return this.source.charAt(this.#at++);
  }

  #until(stop: string | undefined, rawEscapes: boolean): { text: string; words: string[] } {
    if (++this.#depth > maximumDepth) throw new DockerfileError("its substitutions are nested too deeply");
    const words = new Words();
    let text = "";
    for (; this.#at < this.source.length;) {
      const character = this.#peek();
      if (character === stop) {
        this.#at++;
        this.#depth--;
        return { text, words: words.end() };
      }
      const special = this.#special(character, rawEscapes);
      if (special !== undefined) {
        text = this.#limited(text + special);
        if (character === "$") {
          this.work.spend(special.length);
          for (const each of special) words.add(each);
        } else words.addRaw(special);
        continue;
      }
      this.#at++;
      if (character !== this.options.escape) {
        words.add(character);
        text += character;
        continue;
      }
      if (rawEscapes) {
        words.addRaw(character);
        text += character;
      }
      const escaped = this.#next();
      words.addRaw(escaped);
      text += escaped;
    }
    if (stop !== undefined) throw new DockerfileError(`a closing ${stop} is missing`);
    return { text, words: words.end() };
  }

  #special(character: string, rawEscapes: boolean): string | undefined {
    switch (character) {
      case "'":
        return this.#singleQuoted();
      case '"':
        return this.#doubleQuoted(rawEscapes);
      case "$":
        return this.#variable();
      case "<":
        return this.#perhapsHeredoc();
      default:
        return undefined;
    }
  }

  #singleQuoted(): string {
    const end = this.source.indexOf("'", this.#at + 1);
    if (end < 0) throw new DockerfileError("a single quote is not closed");
    const quoted = this.source.slice(this.#at, end + 1);
    this.#at = end + 1;
    return this.options.rawQuotes ? quoted : quoted.slice(1, -1);
  }

  #doubleQuoted(rawEscapes: boolean): string {
    const { escape, rawQuotes = false } = this.options;
    this.#at++;
    let text = rawQuotes ? '"' : "";
    for (; this.#at < this.source.length;) {
      if (this.#peek() === "$") {
        text = this.#limited(text + this.#variable());
        continue;
      }
      const character = this.#next();
      if (character === '"') return rawQuotes ? `${text}"` : text;
      if (character !== escape) {
        text += character;
        continue;
      }
      if (rawEscapes) text += character;
      const following = this.#peek();
      if (following === "") break;
      text += following === '"' || following === "$" || following === escape ? this.#next() : character;
    }
    throw new DockerfileError("a double quote is not closed");
  }

  /** The white space between `<<` and a heredoc's name belongs to the word. */
  #perhapsHeredoc(): string {
    const [found = "<"] = /^<<[\t\r ]*|^</.exec(this.source.slice(this.#at)) ?? [];
    this.#at += found.length;
    return found;
  }

  #variable(): string {
    this.#at++;
    if (this.#peek() !== "{") {
      const name = this.#name();
      return name === "" ? "$" : (this.#value(name) ?? (this.options.keepUnset ? `$${name}` : ""));
    }
    this.#at++;
    if (["", "{", "}", ":"].includes(this.#peek())) throw badSubstitution();
    const name = this.#name();
    const operator = this.#next();
    switch (operator) {
      case "}":
        return this.#value(name) ?? (this.options.keepUnset ? `\${${name}}` : "");
      case ":":
        return this.#substitution(name, this.#next(), true);
      case "/":
        return this.#replacement(name);
      default:
        return this.#substitution(name, operator, false);
    }
  }

  #substitution(name: string, operator: string, emptyIsUnset: boolean): string {
    const isTrim = operator === "#" || operator === "%";
    if (!["+", "-", "?"].includes(operator) && (!isTrim || emptyIsUnset)) throw badSubstitution();
    const word = this.#until("}", isTrim).text;
    const value = this.#value(name);
    if (value === undefined && this.options.keepUnset)
      return `\${${name}${emptyIsUnset ? ":" : ""}${operator}${word}}`;
    const isSet = value !== undefined && !(emptyIsUnset && value === "");
    switch (operator) {
      case "-":
        return isSet ? value : word;
      case "+":
        return isSet ? word : "";
      case "?":
        if (isSet) return value;
        throw new DockerfileError(`the argument ${name} has no value, and must have one`);
      default: {
        const longest = word.startsWith(operator);
        const trim = operator === "#" ? trimPrefix : trimSuffix;
        this.work.spend(word.length * (value?.length ?? 0));
        return trim(longest ? word.slice(1) : word, value ?? "", longest);
      }
    }
  }

  #replacement(name: string): string {
    const all = this.#peek() === "/";
    if (all) this.#at++;
    const pattern = this.#until("/", true).text;
    const replacement = this.#until("}", true).text;
    const value = this.#value(name);
    if (value === undefined && this.options.keepUnset) return `\${${name}/${pattern}/${replacement}}`;
    this.work.spend(pattern.length * (value?.length ?? 0) ** 2);
    return replacePattern(pattern, replacement, value ?? "", all);
  }

  /** Letters, digits and `_`; or digits only, or one of the shell's special parameters. */
  #name(): string {
    const rest = this.source.slice(this.#at, this.#at + maximumLength);
    const [name = ""] = /^(?:\p{Nd}+|[@*#?\-$!]|[\p{L}_][\p{L}\p{Nd}_]*)/u.exec(rest) ?? [];
    this.#at += name.length;
    return name;
  }

  #limited(text: string): string {
    if (text.length > maximumLength && this.variables.size > 0)
      throw new DockerfileError("its arguments are too long once replaced");
    return text;
  }

  #value(name: string): string | undefined {
    const value = this.variables.get(name);
    if (value === undefined && this.variables.has(name))
      throw new DockerfileError(`the argument ${name} has a value that is not known yet`);
    return value;
  }
}

function badSubstitution(): DockerfileError {
  return new DockerfileError("it has a bad substitution");
}

/** The words so far and the one that is being read. */
class Words {
  readonly done: string[] = [];
  #word = "";

  add(character: string): void {
    if (!isSpace(character)) this.#word += character;
    else this.end();
  }

  addRaw(text: string): void {
    this.#word += text;
  }

  end(): string[] {
    if (this.#word !== "") this.done.push(this.#word);
    this.#word = "";
    return this.done;
  }
}

function isSpace(character: string): boolean {
  return /\s/.test(character);
}
