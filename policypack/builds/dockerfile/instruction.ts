import { DockerfileError } from "./dockerfile-error";

/** One instruction of a Dockerfile. */
export interface Instruction {
  /** In upper case. */
  readonly keyword: string;
  /** The leading `--name=value`, unquoted. */
  readonly flags: readonly string[];
  /** All that follows the flags, with the lines of a continued instruction joined. */
  readonly rest: string;
  /** Where it begins, from 1. */
  readonly line: number;
}

const keywords: ReadonlySet<string> = new Set(
  "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR".split(
    " ",
  ),
);

/** Reads one instruction of a line. `ONBUILD` has another one for its rest. @throws {DockerfileError} */
export function instructionOf(text: string, line: number, escape: string): Instruction {
  const [, word = "", args = ""] = /^([^\t\v\f\r ]*)[\t\v\f\r ]*([^]*)$/.exec(text.trim()) ?? [];
  const keyword = word.toUpperCase();
  if (!keywords.has(keyword)) throw new DockerfileError(`its line ${line} holds no instruction`);
  const { flags, rest } = splitFlags(args, escape);
  return { keyword, flags, rest, line };
}

/** `extractBuilderFlags`: words that begin with `--`, up to the first that does not or is `--` alone. */
function splitFlags(args: string, escape: string): { flags: string[]; rest: string } {
  const flags: string[] = [];
  for (let at = 0; ;) {
    while (/\s/.test(args.charAt(at))) at++;
    if (!args.startsWith("--", at)) return { flags, rest: args.slice(at).trim() };
    let flag = "";
    let quote = "";
    for (; at < args.length && (quote !== "" || !/\s/.test(args.charAt(at))); at++) {
      const character = args.charAt(at);
      if (character === quote) quote = "";
      else if (quote === "" && (character === "'" || character === '"')) quote = character;
      else if (character !== escape) flag += character;
      else flag += args.charAt(++at);
    }
    if (flag === "--") return { flags, rest: args.slice(at).trim() };
    flags.push(flag);
  }
}
