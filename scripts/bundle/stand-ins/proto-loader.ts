/** `@grpc/proto-loader` reads .proto files for services of `@grpc/grpc-js` that nobody adds here (`channelz`, `orca`). */
export function loadSync(): never {
  throw new Error("The bundle of ecs-image-guard reads no .proto files.");
}
