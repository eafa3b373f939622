import { posix } from "node:path";
import { printable } from "../../common/text";
import { canonicalName, referenceIn } from "../../oci/reference";
import { DockerfileError, Work } from "./limits";
import { type Instruction, instructionOf, parseInstructions } from "./parser";
import { expandWord, type Variables } from "./shell-lexer";
import { globalVariables, type Stage, stagesOf } from "./stages";

/** What is known of a build besides its Dockerfile. A value that is not known yet is undefined. */
export interface BuildInputs {
  readonly buildArgs: ReadonlyMap<string, string | undefined>;
  /** The stage to build; the last one if it is absent. */
  readonly target?: string;
  /** Such as `linux/arm64`. */
  readonly platform: string;
  /** `--build-context name=value`. */
  readonly namedContexts: ReadonlyMap<string, string | undefined>;
}

export type BaseImage =
  | { readonly kind: "scratch" }
  /** `platform` as the Dockerfile says it; absent if it is the one of the build. */
  | { readonly kind: "image"; readonly image: string; readonly platform?: string };

/** An instruction that adds a layer. */
export interface LayerStep {
  readonly keyword: string;
  /** Of the Dockerfile, from 1. */
  readonly line: number;
}

/** What a build starts from and adds to it; or why that is not known, to complete "… is not known: …". */
export type BuildPlan =
  | { readonly known: true; readonly base: BaseImage; readonly steps: readonly LayerStep[] }
  | { readonly known: false; readonly reason: string };

/**
 * What BuildKit's frontend makes of a Dockerfile (`frontend/dockerfile/dockerfile2llb/convert.go`), as far as the layers of the image
 * are concerned: the base image under the stage to build, and the instructions that add layers to it, bottom first.
 *
 * `ONBUILD` triggers that the base image brings with it are not known here, and may add more. Never throws.
 */
export function planBuild(text: string, inputs: BuildInputs): BuildPlan {
  try {
    return new Planner(text, inputs).plan();
  } catch (error) {
    if (error instanceof DockerfileError) return { known: false, reason: error.message };
    throw error;
  }
}

/** The repositories of the frontends whose language this is, on Docker Hub or in any mirror. */
const knownFrontend = /(?:^|\/)docker\/dockerfile(?:-upstream)?$/;

/** @throws {DockerfileError} if another frontend reads the Dockerfile: the build's argument wins over the directive. */
function requireKnownFrontend(directive: string | undefined, buildArgs: BuildInputs["buildArgs"]): void {
  const isGiven = buildArgs.has("BUILDKIT_SYNTAX");
  const syntax = isGiven ? buildArgs.get("BUILDKIT_SYNTAX")?.trim().split(" ", 1)[0] : directive;
  if (syntax === undefined && !isGiven) return;
  if (syntax === undefined)
    throw new DockerfileError("the argument BUILDKIT_SYNTAX has a value that is not known yet");
  if (!knownFrontend.test(referenceIn(syntax)?.repository ?? ""))
    throw new DockerfileError(`its syntax is that of another frontend, ${shown(syntax)}`);
}

class Planner {
  readonly #stages: readonly Stage[];
  readonly #escape: string;
  readonly #variables: Variables;
  readonly #work = new Work();

  constructor(
    text: string,
    private readonly inputs: BuildInputs,
  ) {
    const parsed = parseInstructions(text);
    requireKnownFrontend(parsed.syntax, inputs.buildArgs);
    const { args, stages } = stagesOf(parsed);
    this.#stages = stages;
    this.#escape = parsed.escape;
    const stage = inputs.target === "" ? undefined : inputs.target;
    this.#variables = globalVariables(args, {
      ...inputs,
      target: stage ?? stages.at(-1)?.name ?? "default",
      escape: parsed.escape,
      work: this.#work,
    });
  }

  plan(): BuildPlan {
    // From the stage to build down to its base; the last one stands on no other stage.
    const chain: Stage[] = [];
    for (let at = this.#target(); ;) {
      const stage = this.#stages[at];
      if (stage === undefined) throw new DockerfileError("it has no FROM");
      const replaced = stage.name === undefined ? undefined : this.#namedContext(stage.name);
      // The context stands for the whole stage: its instructions are not run.
      if (replaced !== undefined) return this.#planned(replaced, chain);
      const from = this.#expand(stage.from);
      if (from === "") throw new DockerfileError(`the image of its FROM ${shown(stage.from)} has no name`);
      const earlier = this.#stageBefore(at, from);
      chain.push(stage);
      if (earlier === undefined) return this.#planned(this.#base(from, stage.platform), chain);
      at = earlier;
    }
  }

  #planned(base: BaseImage, chain: readonly Stage[]): BuildPlan {
    const steps: LayerStep[] = [];
    // Where the base image's own working directory is, is not known here.
    let directory = base.kind === "scratch" ? "/" : undefined;
    for (const [at, stage] of [...chain.entries()].reverse()) {
      for (const { keyword, rest, line } of instructionsOf(stage, chain[at + 1], this.#escape)) {
        if (keyword === "WORKDIR") directory = workingDirectory(directory, this.#unquoted(rest));
        if (layered.has(keyword) || (keyword === "WORKDIR" && directory !== "/"))
          steps.push({ keyword, line });
      }
    }
    return { known: true, base, steps };
  }

  /** Undefined if it needs a variable: those of a stage are not followed. */
  #unquoted(path: string): string | undefined {
    return path.includes("$") ? undefined : this.#expand(path);
  }

  #target(): number {
    const { target } = this.inputs;
    if (target === undefined || target === "") return this.#stages.length - 1;
    const named = this.#stages.findLastIndex(({ name }) => name === target.toLowerCase());
    if (named >= 0) return named;
    // BuildKit knows names only; docker's older builder takes a stage's number as well.
    if (/^\d{1,6}$/.test(target) && Number(target) < this.#stages.length) return Number(target);
    throw new DockerfileError(`it has no stage ${shown(target)}`);
  }

  /** The last stage of that name before this one. Names are compared as if in lower case: no image has another. */
  #stageBefore(at: number, from: string): number | undefined {
    const found = this.#stages.slice(0, at).findLastIndex(({ name }) => name === from.toLowerCase());
    return found < 0 ? undefined : found;
  }

  #base(from: string, platform: string | undefined): BaseImage {
    if (from === "scratch") return { kind: "scratch" };
    const context = this.#namedContext(from);
    if (context !== undefined) return context;
    if (platform === undefined) return { kind: "image", image: from };
    const expanded = this.#expand(platform);
    if (expanded === "") throw new DockerfileError("the platform of a FROM is empty");
    return { kind: "image", image: from, platform: expanded };
  }

  /** What `--build-context` puts in an image's or stage's place (`frontend/dockerui/namedcontext.go`). */
  #namedContext(name: string): BaseImage | undefined {
    if (["scratch", "context"].includes(name.toLowerCase())) return undefined;
    const wanted = fullName(name);
    const found = [...this.inputs.namedContexts].find(([key]) => fullName(key) === wanted);
    if (found === undefined) return undefined;
    const image = /^docker-image:(?:\/\/)?(.*)$/s.exec(found[1] ?? "")?.[1];
    if (image === undefined || image === "")
      throw new DockerfileError(`the named context ${shown(found[0])} takes the place of its base image`);
    return image === "scratch" ? { kind: "scratch" } : { kind: "image", image };
  }

  #expand(word: string): string {
    return expandWord(word, this.#variables, this.#escape, this.#work);
  }
}

/** Triggers of the stage that it is made from come first (`initOnBuildTriggers`). */
function instructionsOf(stage: Stage, earlier: Stage | undefined, escape: string): Instruction[] {
  const triggers = (earlier?.instructions ?? [])
    .filter(({ keyword }) => keyword === "ONBUILD")
    .map(({ rest, line }) => instructionOf(rest, line, escape));
  return [...triggers, ...stage.instructions];
}

/** The directory after a `WORKDIR` (BuildKit's `system.NormalizeWorkdir`); undefined if it is not known. */
function workingDirectory(current: string | undefined, path: string | undefined): string | undefined {
  if (path === undefined || path === "" || (current === undefined && !path.startsWith("/"))) return undefined;
  return posix.resolve(current ?? "/", path);
}

/** `WORKDIR` is one more: it makes its folder, except for the root, which is there (`dispatchWorkdir`). */
const layered: ReadonlySet<string> = new Set(["ADD", "COPY", "RUN"]);

function fullName(name: string): string {
  const reference = referenceIn(name.toLowerCase());
  return reference === undefined ? name : canonicalName(reference);
}

function shown(text: string): string {
  return `\`${printable(text, 80)}\``;
}
