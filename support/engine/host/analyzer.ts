import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Readable } from "node:stream";
import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
  status,
} from "@grpc/grpc-js";
import { AnalyzerService } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import {
  AnalyzerHandshakeResponse,
  AnalyzerStackConfigureRequest,
  AnalyzerStackConfigureResponse,
} from "@pulumi/pulumi/proto/analyzer_pb";
import { type RunPluginRequest, RunPluginResponse } from "@pulumi/pulumi/proto/language_pb";

type Call = ServerWritableStream<RunPluginRequest, RunPluginResponse>;
type Pack = ChildProcessByStdio<null, Readable, Readable>;

const startModule = "@pulumi/pulumi/cmd/run-policy-pack";
const limits = { "grpc.max_receive_message_length": 400 * 1024 * 1024 };
const asIs = (bytes: Buffer) => bytes;

/**
 * `RunPlugin` of the real host for a policy pack: gives the engine the port of a proxy, waits for `ConfigureStack`, then runs
 * `node <run-policy-pack> ENGINE_ADDRESS PACK_FOLDER` in the pack's folder, with the values of the engine in the environment.
 * `pulumi policy publish` and `pulumi policy analyze` send no `ConfigureStack`: there the first other request starts the pack.
 * The pack receives `ConfigureStack` first in every case, an empty one if the engine sent none (`PolicyProxy`, `sdk/policy_proxy.go`
 * of pulumi 3.255 and 3.274).
 */
export async function runAnalyzer(call: Call): Promise<void> {
  const { request } = call;
  const folder = request.getInfo()?.getProgramDirectory() ?? request.getProgram();
  const environment = Object.fromEntries(
    request.getEnvList().map((entry): [string, string] => {
      const at = entry.indexOf("=");
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
  let pack: Pack | undefined;
  let client: Promise<Client> | undefined;
  const start = async (stack?: Buffer) => {
    const told = stack && stackEnvironment(AnalyzerStackConfigureRequest.deserializeBinary(stack));
    pack = startPack(folder, request.getArgsList(), { ...environment, ...told });
    return configured(await connected(pack, call), stack ?? Buffer.alloc(0));
  };

  const proxy = new Server(limits);
  // What passes through is not parsed: fields that this SDK does not know stay.
  const methods = Object.entries(AnalyzerService).map(([name, method]) => [
    name,
    {
      ...method,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  ]);
  const forward =
    (path: string) =>
    ({ request: bytes, metadata }: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
      (client ??= start()).then(
        (to) =>
          to.makeUnaryRequest(path, asIs, asIs, bytes, metadata, (error, answer) => {
            callback(error, answer);
          }),
        (error: unknown) => {
          callback({ code: status.UNKNOWN, details: error instanceof Error ? error.message : String(error) });
        },
      );
    };
  proxy.addService(Object.fromEntries(methods) as ServiceDefinition, {
    ...Object.fromEntries(Object.entries(AnalyzerService).map(([name, { path }]) => [name, forward(path)])),
    configureStack: (
      { request: bytes }: ServerUnaryCall<Buffer, Buffer>,
      callback: sendUnaryData<Buffer>,
    ) => {
      client ??= start(bytes);
      // The next request reports a pack that does not start.
      client.catch(() => undefined);
      callback(null, Buffer.from(new AnalyzerStackConfigureResponse().serializeBinary()));
    },
    handshake: (_: unknown, callback: sendUnaryData<Buffer>) => {
      callback(null, Buffer.from(new AnalyzerHandshakeResponse().serializeBinary()));
    },
  });
  call.on("cancelled", () => {
    pack?.kill("SIGKILL");
    proxy.forceShutdown();
  });
  call.write(new RunPluginResponse().setStdout(Buffer.from(`${await listen(proxy)}\n`)));
}

export function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}

function startPack(folder: string, [engine = ""]: readonly string[], env: NodeJS.ProcessEnv): Pack {
  let script: string;
  try {
    script = createRequire(join(folder, "package.json")).resolve(startModule);
  } catch {
    throw new Error(
      `It looks like the Pulumi SDK has not been installed in ${folder}. Have you run pulumi install?`,
    );
  }
  return spawn(process.execPath, [script, engine, folder], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function stackEnvironment(stack: AnalyzerStackConfigureRequest): Record<string, string> {
  const config = stack.getConfigMap().toArray();
  const told = {
    PULUMI_NODEJS_ORGANIZATION: stack.getOrganization(),
    PULUMI_NODEJS_PROJECT: stack.getProject(),
    PULUMI_NODEJS_STACK: stack.getStack(),
    PULUMI_NODEJS_DRY_RUN: String(stack.getDryRun()),
    PULUMI_CONFIG: config.length > 0 ? JSON.stringify(Object.fromEntries(config)) : "",
  };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== ""));
}

/** Sends the pack its `ConfigureStack`. A pack that does not know it is served as well. */
function configured(client: Client, stack: Buffer): Promise<Client> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(AnalyzerService.configureStack.path, asIs, asIs, stack, (error) => {
      if (error === null || error.code === status.UNIMPLEMENTED) resolve(client);
      else reject(error);
    });
  });
}

/** Waits for the port that the pack prints first; what it prints then goes to the engine, and so does its end. */
function connected(pack: Pack, call: Call): Promise<Client> {
  return new Promise((resolve, reject) => {
    let first: Buffer | undefined = Buffer.alloc(0);
    pack.stdout.on("data", (chunk: Buffer) => {
      if (first === undefined) {
        call.write(new RunPluginResponse().setStdout(chunk));
        return;
      }
      first = Buffer.concat([first, chunk]);
      const end = first.indexOf("\n");
      if (end < 0) return;
      const port = first.toString("utf8", 0, end);
      const rest = first.subarray(end + 1);
      first = undefined;
      if (rest.length > 0) call.write(new RunPluginResponse().setStdout(rest));
      if (/^\d+$/.test(port)) resolve(new Client(`127.0.0.1:${port}`, credentials.createInsecure(), limits));
      else reject(new Error(`The policy pack printed no port first, but: ${port}`));
    });
    pack.stderr.on("data", (chunk: Buffer) => call.write(new RunPluginResponse().setStderr(chunk)));
    pack.on("error", reject);
    pack.on("close", (code, signal) => {
      reject(new Error(`The policy pack ended before it served, with ${signal ?? `status ${code}`}.`));
      call.write(new RunPluginResponse().setExitcode(code ?? 1));
      call.end();
    });
  });
}
