/** undici makes bodies of fetch's kinds, such as forms, by its own fetch. The guard sends texts. */
export function extractBody(): never {
  throw new Error("The bundle of ecs-image-guard sends no bodies but texts.");
}
