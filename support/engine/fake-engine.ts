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
  /** What the engine shows at the end of a preview; default: the inputs. */
  readonly outputs?: Record<string, unknown>;
  /** URNs. */
  readonly dependencies?: readonly string[];
  /** Input → URNs of the resources that its value comes from. */
  readonly propertyDependencies?: Readonly<Record<string, readonly string[]>>;
  readonly ignoreChanges?: readonly string[];
  /** What the program does before. */
  readonly before?: () => Promise<unknown>;
}

export const classic = "aws:ecs/taskDefinition:TaskDefinition";

export function urnOf({ type = classic, name }: Pick<Registered, "type" | "name">): string {
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
        opts: { ignoreChanges: resource.ignoreChanges ?? [] },
        ...(resource.provider && { provider: { props: previewed(resource.provider) } }),
      };
      const validate = policy.validateResource as (args: object, report: object) => Promise<void>;
      await validate({ ...args, ...common(policy) }, reporterOf(policy, args.urn));
    }
  }
  for (const policy of policies) {
    const validate = policy.validateStack as (args: object, report: object) => Promise<void>;
    await validate({ resources: stackOf(resources), ...common(policy) }, reporterOf(policy, ""));
  }
  return violations;
}

/** The resources as the SDK joins them for a stack's policies: dependencies that are not among them are left out. */
function stackOf(resources: readonly Registered[]): object[] {
  const stack = resources.map((resource) => ({
    urn: urnOf(resource),
    type: resource.type ?? classic,
    name: resource.name,
    props: previewed(resource.outputs ?? resource.props),
    dependencies: [] as object[],
    propertyDependencies: {},
  }));
  const byUrn = new Map(stack.map((one) => [one.urn, one]));
  const all = (urns: readonly string[]) => urns.flatMap((urn) => byUrn.get(urn) ?? []);
  resources.forEach(({ dependencies = [], propertyDependencies = {} }, i) => {
    Object.assign(stack[i]!, {
      dependencies: all(dependencies),
      propertyDependencies: Object.fromEntries(
        Object.entries(propertyDependencies).map(([key, urns]) => [key, all(urns)]),
      ),
    });
  });
  return stack;
}

/** As the language host sets it for a pack. */
export function setDryRun(value: boolean): void {
  process.env["PULUMI_NODEJS_DRY_RUN"] = String(value);
}

/** As the language host names the stack that the engine runs; empty names for none. */
export function nameStack(project: string, stack: string): void {
  process.env["PULUMI_NODEJS_PROJECT"] = project;
  process.env["PULUMI_NODEJS_STACK"] = stack;
}
