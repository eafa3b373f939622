import type { ResourceValidationArgs } from "@pulumi/policy";
import { identityForAccount } from "../aws/configured-identities";
import { defaultIdentity } from "../aws/identity";
import { TaskDefinitions } from "../aws/task-definitions";
import { type Clock, systemClock } from "../common/concurrency";
import { type Outcome, success } from "../common/outcome";
import { familyOf, namesOwn } from "../program/own-task-definitions";
import type { Program } from "../program/program";
import type { Settings } from "../settings";
import { imagesOfDescribed, type NamedTaskDefinition, parseTaskDefinitionName } from "../workloads";
import type { DescribedTaskDefinition, Workload } from "./review";

/** The task definitions that a program's resources name and do not create: another stack or tool registered them. ECS describes them. */
export class NamedTaskDefinitions {
  readonly #ecs: TaskDefinitions;
  /** Those that the program registers, as far as the engine has shown them. */
  readonly #families = new Set<string>();

  constructor(clock: Clock = systemClock) {
    this.#ecs = new TaskDefinitions(clock);
  }

  get requests(): number {
    return this.#ecs.calls;
  }

  see({ type, props }: Pick<ResourceValidationArgs, "type" | "props">): void {
    const family = familyOf(type, props);
    if (family !== undefined) this.#families.add(family);
  }

  /**
   * Whether a resource names a task definition that the program does not create. Its own ones are judged by their own resources.
   *
   * @param program known at the end of a preview; in an update, what a resource needs was registered before it
   */
  isForeign(named: NamedTaskDefinition, urn: string, program: Program | undefined): boolean {
    const parsed = parseTaskDefinitionName(named.name);
    if (parsed === undefined) return false;
    if (program === undefined) return !this.#families.has(parsed.family);
    const resource = program.get(urn);
    return resource !== undefined && !namesOwn(program, resource, named);
  }

  /** ECS's description of it, read once for the whole run. */
  async describe(
    { name }: NamedTaskDefinition,
    { reader = {} }: Pick<Workload, "reader">,
    { awsIdentities, imageTimeoutSeconds }: Pick<Settings, "awsIdentities" | "imageTimeoutSeconds">,
  ): Promise<Outcome<DescribedTaskDefinition>> {
    const { account, region = reader.region } = parseTaskDefinitionName(name) ?? {};
    const identity = identityForAccount(awsIdentities, account) ?? reader.identity ?? defaultIdentity;
    const query = { name, identity, ...(region !== undefined && { region }) };
    const found = await this.#ecs.describe(query, imageTimeoutSeconds * 1000);
    if (!found.ok) return found;
    const { family = name, revision } = found.value;
    return success({
      taskDefinition: revision === undefined ? family : `${family}:${revision}`,
      images: imagesOfDescribed(found.value),
    });
  }
}
