// Only this module of @pulumi/aws: the whole SDK takes seconds to load.
import { TaskDefinition } from "@pulumi/aws/ecs/taskDefinition";

/** The program that the demo previews, and prints: a Fargate task for each service, with the given version of its image. */
export function shop(registry: string, versions: Readonly<Record<string, number>>): void {
  for (const [service, version] of Object.entries(versions)) {
    const image = `${registry}/shop/${service}:${version}`;
    new TaskDefinition(service, {
      family: service,
      requiresCompatibilities: ["FARGATE"],
      containerDefinitions: JSON.stringify([{ name: "app", image, essential: true }]),
    });
  }
}
