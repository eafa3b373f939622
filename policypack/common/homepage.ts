/** Where people read about the pack: the README as npm shows it; each policy has a heading of its own there. */
export const homepage = "https://www.npmjs.com/package/pulumi-ecs-image-guard";
