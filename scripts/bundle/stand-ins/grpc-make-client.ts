/** `./make-client` of `@grpc/grpc-js` makes clients of services that nobody adds here (`channelz`, `orca`). */
export function loadPackageDefinition(): never {
  throw new Error("The bundle of ecs-image-guard makes no gRPC clients.");
}
