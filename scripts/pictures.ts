import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { architecture, type Rooms } from "./pictures/architecture";
import { sequence } from "./pictures/sequence";
import { svg } from "./pictures/svg";
import { terminal } from "./pictures/terminal";

const checkout = join(__dirname, "..");
export const imagesFolder = join(checkout, "docs/images");

/** The pictures that are made from the code: file in `docs/images/` → its text. */
export async function drawnPictures(): Promise<Map<string, string>> {
  const { rooms } = (await import(join(checkout, "eslint.config.mjs"))) as { rooms: Rooms };
  return new Map([
    ["architecture.svg", svg(architecture(rooms))],
    ["preview-and-update.svg", svg(sequence())],
  ]);
}

/** What the demo prints on a terminal; rejects if its previews do not end as they must. */
export async function demoOutput(): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", "demo/main.ts"], {
    cwd: checkout,
    env: { ...process.env, FORCE_COLOR: "1" },
    timeout: 15 * 60_000,
  });
  return stdout;
}

/** The preview that the engine blocks in the demo's output, as a terminal shows it, without what differs from run to run. */
export function blockedPreview(output: string): string {
  const [, command = ""] = /^(\$ pulumi preview.*)$/m.exec(output) ?? [];
  const [policies] = /^\S*Policies:.*\n[^]*?(?=\n\n)/m.exec(output) ?? [];
  if (command === "" || policies === undefined)
    throw new Error(`the demo shows no blocked preview:\n${output}`);
  const shown = `${command}\n\n${policies}`
    .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:5000")
    .replaceAll(/\(local: .*\)/g, "(local: node_modules/pulumi-ecs-image-guard)");
  return svg(terminal("pulumi preview, blocked by the policy mixed-layer-compression", shown));
}

async function main(): Promise<void> {
  mkdirSync(imagesFolder, { recursive: true });
  const pictures = await drawnPictures();
  pictures.set("blocked-preview.svg", blockedPreview(await demoOutput()));
  for (const [file, text] of pictures) writeFileSync(join(imagesFolder, file), text);
}

if (require.main === module)
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
