import { Server, type sendUnaryData, type ServerWritableStream, status } from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import {
  LanguageHandshakeResponse,
  type RunPluginRequest,
  type RunPluginResponse,
} from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { listen, runAnalyzer } from "./analyzer";
import { installDependencies } from "./dependencies";

/**
 * A stand-in for `pulumi-language-nodejs`, which no package proxy has. It installs the dependencies of policy packs and runs
 * them, as the real one does; programs run inline, in the process of the test.
 */
async function serve(): Promise<void> {
  const server = new Server({ "grpc.max_receive_message_length": 400 * 1024 * 1024 });
  server.addService(LanguageRuntimeService, {
    handshake: (_: unknown, callback: sendUnaryData<LanguageHandshakeResponse>) => {
      callback(null, new LanguageHandshakeResponse());
    },
    getPluginInfo: (_: unknown, callback: sendUnaryData<PluginInfo>) => {
      callback(null, new PluginInfo());
    },
    installDependencies,
    runPlugin: (call: ServerWritableStream<RunPluginRequest, RunPluginResponse>) => {
      const kind = call.request.getKind();
      if (kind !== "analyzer")
        call.emit("error", { code: status.UNIMPLEMENTED, details: `no plugins of kind ${kind}` });
      else
        runAnalyzer(call).catch((error: unknown) =>
          call.emit("error", { code: status.UNKNOWN, details: String(error) }),
        );
    },
  });
  process.stdout.write(`${await listen(server)}\n`);
}

// An engine that is killed does not end its plugins; the real host watches the engine's address.
const engine = process.ppid;
setInterval(() => {
  if (process.ppid !== engine) process.exit();
}, 500).unref();

void serve();
