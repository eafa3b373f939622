import { execFile } from "node:child_process";
import { appendFileSync } from "node:fs";
import { type ServerWritableStream, status } from "@grpc/grpc-js";
import {
  type InstallDependenciesRequest,
  InstallDependenciesResponse,
} from "@pulumi/pulumi/proto/language_pb";

/** One run of `npm`, as the host notes it: a line of JSON each in the file that this variable names. */
export interface Install {
  readonly folder: string;
  readonly args: readonly string[];
}

export const installsVariable = "ECS_IMAGE_GUARD_INSTALLS";

/** Installs a pack's dependencies as the real host does (its `InstallDependencies` and the CLI's `sdk/nodejs/npm/npm.go`). */
export function installDependencies(
  call: ServerWritableStream<InstallDependenciesRequest, InstallDependenciesResponse>,
): void {
  const info = call.request.getInfo();
  const folder = info?.getProgramDirectory() ?? "";
  const options = info?.getOptions()?.toJavaScript() ?? {};
  const args = ["install", "--loglevel=error", ...(options["production"] === true ? ["--production"] : [])];
  const { [installsVariable]: log } = process.env;
  if (log) appendFileSync(log, `${JSON.stringify({ folder, args } satisfies Install)}\n`);
  execFile("npm", args, { cwd: folder, timeout: 120_000 }, (error, stdout, stderr) => {
    call.write(new InstallDependenciesResponse().setStdout(Buffer.from(stdout)));
    call.write(new InstallDependenciesResponse().setStderr(Buffer.from(stderr)));
    if (error === null) call.end();
    else call.emit("error", { code: status.UNKNOWN, details: `npm install failed: ${stderr}` });
  });
}
