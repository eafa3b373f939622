import type { PolicyEvent, PreviewOptions } from "@pulumi/pulumi/automation";

/** What one run of the engine printed and whether it passed. */
export interface EngineRun {
  readonly passed: boolean;
  /** Standard output and error, without colours. */
  readonly output: string;
  /** What the packs reported, in the engine's order. */
  readonly violations: readonly PolicyEvent[];
}

/** What a stack is made with. */
export interface StackOptions {
  /** Configuration of the program: `project:key` → value. */
  readonly config?: Readonly<Record<string, string>>;
  /** Further providers: package → the script that serves it. */
  readonly providers?: Readonly<Record<string, string>>;
  /** Variables of the environment that the engine, the packs and the providers see besides this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The Node that runs the packs: a file. Default: that of this process. */
  readonly node?: string;
  /** Where it is kept. Default: in files of its own. */
  readonly cloud?: CloudBackend;
}

export interface EngineOptions {
  /** Folders of policy packs; default: the guard alone. */
  readonly packs?: readonly string[];
  /** One configuration for each pack, in their order. */
  readonly configs?: readonly object[];
  /** Which resources it creates or leaves out, as URNs or patterns of them (`**::web`). */
  readonly selection?: Pick<PreviewOptions, "target" | "exclude" | "targetDependents" | "excludeDependents">;
  readonly onOutput?: (text: string) => void;
  readonly color?: "always" | "never";
}

/** Where a stack is kept, if not in files of its own. */
export interface CloudBackend {
  /** The stand-in of Pulumi Cloud. */
  readonly url: string;
  readonly organization: string;
  /** PULUMI_HOME, where required packs are installed. */
  readonly home: string;
  /** A token, and where the language host is. */
  readonly environment: Readonly<Record<string, string>>;
}
