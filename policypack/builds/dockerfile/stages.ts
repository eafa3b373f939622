import { InvalidPlatformError, parsePlatform, type Platform } from "../../oci/platform";
import { DockerfileError, type Work } from "./limits";
import type { Instruction, ParsedDockerfile } from "./parser";
import { expandWord, type Variables } from "./shell-lexer";

/** An `ARG` before the first `FROM`; `value` is not expanded yet. */
export interface GlobalArg {
  readonly name: string;
  readonly value?: string;
}

export interface Stage {
  /** As written, with its variables. */
  readonly from: string;
  /** Of `FROM --platform=`, as written. */
  readonly platform?: string;
  /** Of `FROM … AS`, in lower case. */
  readonly name?: string;
  readonly instructions: readonly Instruction[];
}

/** No Dockerfile has nearly as many; each is looked for among all before it. */
const maximumStages = 1_000;

/** @throws {DockerfileError} */
export function stagesOf({ instructions, escape }: ParsedDockerfile): { args: GlobalArg[]; stages: Stage[] } {
  const args: GlobalArg[] = [];
  const stages: (Stage & { readonly instructions: Instruction[] })[] = [];
  for (const instruction of instructions) {
    const stage = stages.at(-1);
    if (instruction.keyword === "FROM") stages.push(stageOf(instruction));
    else if (stage !== undefined) stage.instructions.push(instruction);
    else if (instruction.keyword === "ARG") for (const arg of argsOf(instruction, escape)) args.push(arg);
    else throw new DockerfileError(`its line ${instruction.line} stands before the first FROM`);
  }
  if (stages.length === 0) throw new DockerfileError("it has no FROM");
  if (stages.length > maximumStages) throw new DockerfileError(`it has more than ${maximumStages} stages`);
  return { args, stages };
}

function stageOf({ flags, rest, line }: Instruction): Stage & { instructions: Instruction[] } {
  const [from = "", as, name, ...others] = rest.split(/[\t\v\f\r ]+/);
  const named = as?.toLowerCase() === "as" && name !== undefined && others.length === 0;
  if (from === "" || (as !== undefined && !named))
    throw new DockerfileError(`the FROM in its line ${line} is not of the form FROM image [AS name]`);
  const [platform, ...more] = flags.map((flag) => /^--platform=(.*)$/s.exec(flag)?.[1]);
  if ((flags.length > 0 && platform === undefined) || more.length > 0)
    throw new DockerfileError(`the FROM in its line ${line} has a flag that is not known`);
  if (name !== undefined && !/^[a-z][a-z0-9-_.]*$/i.test(name))
    throw new DockerfileError(`the FROM in its line ${line} gives its stage an illegal name`);
  return {
    from,
    ...(platform === undefined ? {} : { platform }),
    ...(name === undefined ? {} : { name: name.toLowerCase() }),
    instructions: [],
  };
}

function argsOf({ rest, line }: Instruction, escape: string): GlobalArg[] {
  const words = wordsOf(rest, escape);
  if (words.length === 0) throw new DockerfileError(`the ARG in its line ${line} names none`);
  return words.map((word) => {
    const equals = word.indexOf("=");
    if (equals === 0) throw new DockerfileError(`the ARG in its line ${line} has no name`);
    return equals < 0 ? { name: word } : { name: word.slice(0, equals), value: word.slice(equals + 1) };
  });
}

/** Split at white space outside of quotes, which stay (`parser/line_parsers.go`, `parseWords`). */
function wordsOf(text: string, escape: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (quote === "" && /\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    word = (word ?? "") + character;
    if (character === escape && quote !== "'") word += text.charAt(++at);
    else if (quote === "" && (character === "'" || character === '"')) quote = character;
    else if (character === quote) quote = "";
  }
  return word === undefined ? words : [...words, word];
}

export interface GlobalInputs {
  readonly buildArgs: ReadonlyMap<string, string | undefined>;
  /** The name of the stage to build. */
  readonly target: string;
  readonly platform: string;
  readonly escape: string;
  readonly work: Work;
}

/**
 * The variables that a `FROM` may use: those of the platform and the `ARG`s before the first `FROM`, with the build's arguments over
 * their defaults (`defaultArgs` and `buildMetaArgs` of `dockerfile2llb`). The builder's own platform is not known.
 *
 * @throws {DockerfileError}
 */
export function globalVariables(args: readonly GlobalArg[], inputs: GlobalInputs): Variables {
  const { buildArgs } = inputs;
  const variables = new Map<string, string | undefined>();
  for (const [name, value] of predefined(inputs))
    variables.set(name, buildArgs.has(name) ? buildArgs.get(name) : value);
  for (const { name, value } of args) {
    if (buildArgs.has(name)) variables.set(name, buildArgs.get(name));
    else if (value !== undefined) variables.set(name, valueOf(value, variables, inputs));
  }
  return variables;
}

/** A default that needs an unknown value is unknown as well; that matters only if it is used. */
function valueOf(value: string, variables: Variables, { escape, work }: GlobalInputs): string | undefined {
  try {
    return expandWord(value, variables, escape, work);
  } catch (error) {
    if (error instanceof DockerfileError) return undefined;
    throw error;
  }
}

function predefined({ platform, target }: GlobalInputs): [name: string, value: string | undefined][] {
  const { os, architecture, variant = "" } = readPlatform(platform);
  return [
    ["TARGETPLATFORM", [os, architecture, ...(variant === "" ? [] : [variant])].join("/")],
    ["TARGETOS", os],
    ["TARGETOSVERSION", ""],
    ["TARGETARCH", architecture],
    ["TARGETVARIANT", variant],
    ["TARGETSTAGE", target],
    ...["BUILDPLATFORM", "BUILDOS", "BUILDOSVERSION", "BUILDARCH", "BUILDVARIANT"].map(
      (name): [string, undefined] => [name, undefined],
    ),
  ];
}

function readPlatform(text: string): Platform {
  try {
    return parsePlatform(text);
  } catch (error) {
    if (error instanceof InvalidPlatformError)
      throw new DockerfileError(`its platform cannot be read: ${error.message}`);
    throw error;
  }
}
