import { setup as resolveAddresses } from "@grpc/grpc-js/build/src/resolver-dns";

/**
 * What a pack uses of `@grpc/grpc-js`: the server. Its index loads the client as well, with its load balancers, resolvers and proxies.
 */
export { Server } from "@grpc/grpc-js/build/src/server";
export { ServerCredentials } from "@grpc/grpc-js/build/src/server-credentials";

// The server needs it for the address to which it is bound, as the index does it.
resolveAddresses();

/** Pulumi's generated code makes a client of each service (`analyzer_grpc_pb.js`). */
export function makeGenericClientConstructor(): undefined {
  return undefined;
}
