import { imagesOfContainers, type Task } from "./containers";
import type { WorkloadFamily } from "./family";
import type { WorkloadImages } from "./image-use";
import { LINUX_AMD64 } from "./runtime-platform";
import { member } from "./values";

/** ECS Express Mode makes a Fargate task definition of the container and lets nobody name a platform: it is the default one. */
const EXPRESS: Task = { platform: { ok: true, platform: LINUX_AMD64 }, launchTypes: ["FARGATE"] };

/** The Express Mode service: one `primaryContainer`, from which ECS makes the task definition itself. */
export const expressGatewayService: WorkloadFamily = {
  types: {
    "aws:ecs/expressGatewayService:ExpressGatewayService": primaryContainer,
    "aws-native:ecs:ExpressGatewayService": primaryContainer,
  },
};

function primaryContainer(props: unknown): WorkloadImages {
  const container = member(props, "primaryContainer");
  // With a task definition of its own (aws-native), the service names no image: that resource does.
  if (container.state === "absent" && member(props, "taskDefinitionArn").state !== "absent") {
    return { uses: [], unreadable: [] };
  }
  const place = { container, path: "primaryContainer", label: "primary container", keys: "exact" } as const;
  return imagesOfContainers([place], EXPRESS);
}
