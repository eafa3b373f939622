import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PolicyPack } from "@pulumi/policy";
import { homepage } from "./common/homepage";
import { exitWithParent } from "./run/exit-with-parent";
import { ecsImagePolicies } from "./run/ecs-image-policies";

exitWithParent();

// The only file with a side effect: it serves the pack to the engine, whose first line of output must be the port.
new PolicyPack("ecs-image-guard", {
  displayName: "ECS image guard",
  description: "Blocks ECS deployments whose container images mix gzip and zstd layers.",
  provider: "AWS",
  tags: ["ecs", "fargate", "batch", "container-images", "zstd"],
  repository: homepage,
  ...readme(),
  policies: ecsImagePolicies(),
});

/** What Pulumi Cloud shows of the pack. npm packs it always, but a pack that someone has slimmed down must guard as well. */
function readme(): { readme?: string } {
  try {
    return { readme: readFileSync(join(__dirname, "../README.md"), "utf8") };
  } catch {
    return {};
  }
}
