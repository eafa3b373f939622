import { InvalidPlatformError, parsePlatform, type Platform } from "../../oci/platform";
import { DockerfileError } from "./dockerfile-error";
import { expandWord, type Variables } from "./shell-lexer";
import type { GlobalArg } from "./stages";
import type { Work } from "./work";

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

/** A default that needs an unknown value is unknown as well; that matters only where it is used. */
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
    if (error instanceof InvalidPlatformError) throw new DockerfileError("its platform is none");
    throw error;
  }
}
