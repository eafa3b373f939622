import { spawnSync } from "node:child_process";
import { packageFolder } from "./bundle/places";
import { findEngine } from "./engine";

/**
 * Publishes the built pack to an organization of Pulumi Cloud, as whoever `pulumi login` says.
 *
 * @returns the exit status
 */
async function publish(args: readonly string[]): Promise<number> {
  const [organization, ...rest] = args;
  if (organization === undefined || rest.length > 0 || !/^\w[\w.-]*$/.test(organization)) {
    process.stderr.write("Usage: npm run publish:pulumi -- ORG\nORG is an organization of Pulumi Cloud.\n");
    return 2;
  }
  const { command } = await findEngine((line) => process.stderr.write(`${line}\n`));
  const run = spawnSync(command, ["policy", "publish", organization], {
    cwd: packageFolder,
    stdio: "inherit",
  });
  if (run.error !== undefined) throw run.error;
  return run.status ?? 1;
}

publish(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
