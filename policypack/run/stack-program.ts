import type { PolicyResource, ResourceValidationArgs } from "@pulumi/policy";
import { unproxied } from "../common/values";
import { type PlannedResource, Program, type SeenResource } from "../program/program";

/** Collects what the engine shows of a program's resources, and joins it at the end of the preview. */
export class StackProgram {
  #seen = new Map<string, SeenResource>();
  #program: Program | undefined;

  /** Takes the inputs of a resource, once: whichever policy the engine calls first passes them on. */
  see(resource: Pick<ResourceValidationArgs, "urn" | "type" | "name" | "props" | "opts" | "provider">): void {
    // A resource after the end of a preview belongs to the next one.
    if (this.#program !== undefined) {
      this.#seen = new Map();
      this.#program = undefined;
    }
    const { urn, type, name, props, opts, provider } = resource;
    const { ignoreChanges = [] } = (opts as Partial<typeof opts> | undefined) ?? {};
    this.#seen.set(urn, {
      urn,
      type,
      name,
      inputs: unproxied(props),
      ignoreChanges,
      provider: provider?.props,
    });
  }

  /** The program, built once for all policies. */
  of(resources: readonly PolicyResource[]): Program {
    return (this.#program ??= Program.join(this.#seen, resources.map(planned)));
  }
}

/** `pulumi policy analyze` and older engines leave dependencies out. */
function planned(resource: PolicyResource): PlannedResource {
  const {
    urn,
    props,
    dependencies = [],
    propertyDependencies = {},
  } = resource as Partial<PolicyResource> & Pick<PolicyResource, "urn">;
  return {
    urn,
    outputs: unproxied(props),
    dependencies,
    propertyDependencies,
  };
}
