import type { PulumiCommand } from "@pulumi/pulumi/automation";
import type { Peer } from "../scripts/peers";
import type { InstalledPackage } from "../support/process/installed-package";
import type { Figure } from "./figure";

/** What cases measure with; each is looked for (or built) when the first case wants it. */
export interface Bench {
  engine(): Promise<PulumiCommand>;
  peers(): Promise<readonly Peer[]>;
  /** The package as it is published and installed. */
  installed(): Promise<InstalledPackage>;
  /** Tells the person who waits what is going on. */
  say(line: string): void;
}

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface CaseReport {
  readonly figures: readonly Figure[];
  /** What was measured and how, a sentence each. */
  readonly remarks: readonly string[];
  readonly tables?: readonly Table[];
}

export interface Case {
  /** As it is named on the command line. */
  readonly name: string;
  readonly title: string;
  measure(bench: Bench): Promise<CaseReport>;
}
