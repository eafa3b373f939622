import { runtime } from "@pulumi/pulumi";
import type { ImagePolicy } from "../../policypack/run/policy-adapter";
import { ecsImagePolicies } from "../../policypack";
import { previewed } from "../pulumi/previewed";

export interface Violation {
  readonly policy: string;
  readonly level: string;
  readonly urn: string;
  readonly message: string;
}

/** A resource as a program registers it. */
export interface Registered {
  readonly type?: string;
  readonly name: string;
  readonly props: Record<string, unknown>;
  /** The inputs of the provider that the program gives it. */
  readonly provider?: Record<string, unknown>;
  /** What the program does before. */
  readonly before?: () => Promise<unknown>;
}

export const classic = "aws:ecs/taskDefinition:TaskDefinition";

export function urnOf({ type = classic, name }: Registered): string {
  return `urn:pulumi:test::project::${type}::${name}`;
}

/** A task definition of the classic provider with the given containers. */
export function taskDefinition(name: string, images: Record<string, string>, more: object = {}): Registered {
  const containers = Object.entries(images).map(([container, image]) => ({ name: container, image }));
  return { name, props: { family: name, containerDefinitions: JSON.stringify(containers), ...more } };
}

/**
 * Calls the policies in the order in which the engine does: every resource in turn, then, the stack.
 * What the SDK itself does between the two (levels, the proxy over unknown values) is done alike.
 */
export async function analyze(
  mode: "preview" | "update",
  resources: readonly Registered[],
  config: Record<string, object> = {},
  policies: readonly ImagePolicy[] = ecsImagePolicies(),
): Promise<Violation[]> {
  const violations: Violation[] = [];
  setDryRun(mode === "preview");
  const reporterOf = (policy: ImagePolicy, at: string) => (report: string | object, urn?: string) => {
    const own =
      typeof report === "object" ? (report as Partial<Violation> & { enforcementLevel?: string }) : undefined;
    violations.push({
      policy: policy.name,
      level: own?.enforcementLevel ?? String(policy.enforcementLevel),
      urn: own?.urn ?? urn ?? at,
      message: own?.message ?? (typeof report === "string" ? report : ""),
    });
  };
  const common = (policy: ImagePolicy) => ({
    getConfig: () => config[policy.name] ?? {},
    notApplicable: (reason?: string): never => {
      throw new Error(reason);
    },
  });
  for (const resource of resources) {
    await resource.before?.();
    for (const policy of policies) {
      const args = {
        type: resource.type ?? classic,
        name: resource.name,
        urn: urnOf(resource),
        props: previewed(resource.props),
        ...(resource.provider && { provider: { props: previewed(resource.provider) } }),
      };
      const validate = policy.validateResource as (args: object, report: object) => Promise<void>;
      await validate({ ...args, ...common(policy) }, reporterOf(policy, args.urn));
    }
  }
  for (const policy of policies) {
    const validate = policy.validateStack as (args: object, report: object) => Promise<void>;
    await validate(
      { resources: resources.map((r) => ({ urn: urnOf(r) })), ...common(policy) },
      reporterOf(policy, ""),
    );
  }
  return violations;
}

function setDryRun(value: boolean): void {
  const set: unknown = Reflect.get(runtime, "_setIsDryRun");
  if (typeof set !== "function") throw new Error("@pulumi/pulumi no longer has _setIsDryRun");
  Reflect.apply(set, undefined, [value]);
}

/** As the engine names the stack that it runs. */
export function nameStack(project: string, stack: string): void {
  for (const [setter, value] of [
    ["_setProject", project],
    ["_setStack", stack],
  ] as const) {
    const set: unknown = Reflect.get(runtime, setter);
    if (typeof set !== "function") throw new Error(`@pulumi/pulumi no longer has ${setter}`);
    Reflect.apply(set, undefined, [value]);
  }
}
