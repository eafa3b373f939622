// The command, outside Pulumi. cli/ has its parts: `arguments.ts`, `verdict.ts` (what the policies say, and the exit status), and one
// file per output format.
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { cacheInUse } from "./cache/location";
import { Inspector } from "./inspection/inspector";
import { printable } from "./common/text";
import { type Arguments, parseArguments, shortUsage, UsageError, usage } from "./cli/arguments";
import { inspectExplained } from "./cli/explain";
import { exitCode, type InspectedName } from "./cli/verdict";
import { renderJson } from "./cli/json";
import { renderSarif } from "./cli/sarif";
import { renderText } from "./cli/text";

/** `ecs-image-guard`: the inspection of the policies, outside Pulumi. */
async function main(argv: readonly string[]): Promise<number> {
  const parsed = parseArguments(argv);
  switch (parsed.command) {
    case "help":
      process.stdout.write(usage);
      return 0;
    case "version":
      process.stdout.write(`${packageVersion()}\n`);
      return 0;
    case "inspect":
      return inspect(parsed);
  }
}

async function inspect(args: Arguments): Promise<number> {
  const { images, platform, runtimes, insecureRegistries, sniffLayers } = args;
  const cache = cacheInUse(args.cache ? {} : false);
  const names = await namesToInspect(images);
  if (names.length === 0) throw new UsageError("No image was named.");
  const inspector = new Inspector({ insecureRegistries, sniffLayers, cache });
  try {
    const results: InspectedName[] = await Promise.all(
      names.map(async (image) => {
        const inspected = args.explain
          ? await inspectExplained(image, platform, { insecureRegistries, sniffLayers })
          : { inspection: await inspector.inspect(image, platform) };
        return { image, platform, runtimes, ...inspected };
      }),
    );
    process.stdout.write(render(results, args.format));
    // Before anything is closed: Node ends by itself once nothing is left to wait for, whether or not closing has ended.
    return (process.exitCode = exitCode(results));
  } finally {
    await inspector.close();
  }
}

function render(results: readonly InspectedName[], format: Arguments["format"]): string {
  switch (format) {
    case "text":
      return renderText(results, process.stdout.isTTY);
    case "json":
      return renderJson(results);
    case "sarif":
      return renderSarif(results, packageVersion());
  }
}

/** `-` stands for the names on standard input: separated by white space, `#` starts a comment. */
async function namesToInspect(images: readonly string[]): Promise<string[]> {
  const lists = images.map(async (image) => {
    if (image !== "-") return [image];
    const lines = (await text(process.stdin)).split(/\r?\n/);
    return lines.flatMap((line) => line.replace(/(^|\s)#.*$/, "").split(/\s+/)).filter((name) => name !== "");
  });
  return [...new Set((await Promise.all(lists)).flat())];
}

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(`${__dirname}/../package.json`, "utf8"));
  return String((manifest as { version: unknown }).version);
}

// Whoever reads may have seen enough (`… | head`); what the exit status says stands.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

// Until there is a verdict, an end that nobody foresaw must not pass for one.
process.exitCode = 3;
main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const words = printable(error instanceof Error ? error.message : String(error), 1000);
    process.stderr.write(`ecs-image-guard: ${words}\n`);
    if (error instanceof UsageError) process.stderr.write(shortUsage);
    process.exitCode = 3;
  },
);
