import { checkout, packageFolder } from "./bundle/places";
import { inputsOf, isUpToDate, writeStamp } from "./bundle/stamp";

/** Builds the package, unless `dist/` is what a build of these very sources made. */
async function build(): Promise<void> {
  // Read before the build: what changes meanwhile makes the next one build again.
  const inputs = inputsOf(checkout);
  if (isUpToDate(inputs, packageFolder)) return;
  const { buildPackage } = await import("./bundle/package");
  await buildPackage();
  writeStamp(inputs, packageFolder);
}

build().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
