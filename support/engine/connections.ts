import { runtime } from "@pulumi/pulumi";

/** What the SDK connects to the engine with; its types leave it out. */
export const connectionOptions = (runtime as { readonly grpcClientOptions?: Record<string, unknown> })
  .grpcClientOptions;

/**
 * Lets the programs of a process know nothing of one another's engines. Connections of grpc-js are shared between clients of
 * one address, also a failed one: a program whose engine has the port of one that has ended would be refused at once, and
 * the SDK takes that for the engine's end and says nothing.
 */
export function separateConnections(): void {
  if (connectionOptions === undefined) throw new Error("Pulumi's SDK names its gRPC options otherwise now.");
  connectionOptions["grpc.use_local_subchannel_pool"] = 1;
}
