import assert from "node:assert/strict";
import { credentials, Server, ServerCredentials } from "@grpc/grpc-js";
import { EngineClient, EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { GetRootResourceRequest, GetRootResourceResponse } from "@pulumi/pulumi/proto/engine_pb";
import { connectionOptions, separateConnections } from "../../support/engine/connections";

describe("the connection of a program to its engine", () => {
  const servers: Server[] = [];
  const clients: EngineClient[] = [];

  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
    for (const server of servers.splice(0)) server.forceShutdown();
  });

  async function engineAt(port: number): Promise<{ port: number; stop: () => void }> {
    const server = new Server();
    servers.push(server);
    server.addService(EngineService, {
      getRootResource: (_: unknown, answer: (error: null, value: GetRootResourceResponse) => void) => {
        answer(null, new GetRootResourceResponse());
      },
    });
    const bound = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) => {
        if (error) reject(error);
        else resolve(at);
      });
    });
    return {
      port: bound,
      stop: () => {
        server.forceShutdown();
      },
    };
  }

  function programAt(port: number): () => Promise<string> {
    const client = new EngineClient(`127.0.0.1:${port}`, credentials.createInsecure(), connectionOptions);
    clients.push(client);
    return () =>
      new Promise((resolve) => {
        client.getRootResource(new GetRootResourceRequest(), (error) => {
          resolve(error === null ? "answered" : error.message);
        });
      });
  }

  it("ignores an ended engine that had the same port", async () => {
    separateConnections();
    const first = await engineAt(0);
    const early = programAt(first.port);
    assert.equal(await early(), "answered");
    first.stop();
    assert.match(await early(), /UNAVAILABLE/);
    await engineAt(first.port);
    assert.equal(await programAt(first.port)(), "answered");
  });
});
