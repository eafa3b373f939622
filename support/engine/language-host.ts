import { execFile } from "node:child_process";
import { Server, ServerCredentials, type ServerWritableStream, status } from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import {
  type InstallDependenciesRequest,
  InstallDependenciesResponse,
  LanguageHandshakeResponse,
} from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";

/**
 * A stand-in for `pulumi-language-nodejs`, which cannot be built as the CLI can: it installs a pack's dependencies as the real
 * one does (its `InstallDependencies` and the CLI's `sdk/nodejs/npm/npm.go`), and nothing else. The CLI attaches to it by
 * PULUMI_DEBUG_LANGUAGES; it is not on PATH, so packs run through `pulumi-analyzer-policy-nodejs` all the same.
 */
export class LanguageHost {
  /** The folders and arguments that `npm` was run with. */
  readonly installs: { readonly folder: string; readonly args: readonly string[] }[] = [];
  readonly #server = new Server();
  readonly #stopping = new AbortController();
  #port = 0;

  static async start(): Promise<LanguageHost> {
    const host = new LanguageHost();
    host.#server.addService(LanguageRuntimeService, {
      handshake: (_call: unknown, callback: (error: null, response: LanguageHandshakeResponse) => void) => {
        callback(null, new LanguageHandshakeResponse());
      },
      getPluginInfo: (_call: unknown, callback: (error: null, response: PluginInfo) => void) => {
        callback(null, new PluginInfo());
      },
      installDependencies: (call: InstallCall) => {
        host.#install(call);
      },
    });
    host.#port = await new Promise<number>((resolve, reject) => {
      host.#server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(port);
        else reject(error);
      });
    });
    return host;
  }

  get environment(): { readonly PULUMI_DEBUG_LANGUAGES: string } {
    return { PULUMI_DEBUG_LANGUAGES: `nodejs:${this.#port}` };
  }

  stop(): void {
    this.#stopping.abort();
    this.#server.forceShutdown();
  }

  #install(call: InstallCall): void {
    const info = call.request.getInfo();
    const folder = info?.getProgramDirectory() ?? "";
    const options = info?.getOptions()?.toJavaScript() ?? {};
    const production = options["production"] === true ? ["--production"] : [];
    const args = ["install", "--loglevel=error", ...production];
    this.installs.push({ folder, args });
    // Only quicker: what npm's cache holds is not asked for again.
    const env = { ...process.env, npm_config_prefer_offline: "true" };
    const { signal } = this.#stopping;
    execFile("npm", args, { cwd: folder, env, signal, timeout: 120_000 }, (error, stdout, stderr) => {
      call.write(new InstallDependenciesResponse().setStdout(Buffer.from(stdout)));
      call.write(new InstallDependenciesResponse().setStderr(Buffer.from(stderr)));
      if (error === null) call.end();
      else call.emit("error", { code: status.UNKNOWN, details: `npm install failed: ${stderr}` });
    });
  }
}

type InstallCall = ServerWritableStream<InstallDependenciesRequest, InstallDependenciesResponse>;
