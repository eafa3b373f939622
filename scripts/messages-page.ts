import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { ecsImagePolicies } from "../policypack";
import { sampleMessages } from "../support/readme/messages";

export const messagesFile = join(__dirname, "../docs/messages.md");

/** The text of `docs/messages.md`: what each policy prints, made by its own code. */
export async function messagesPage(): Promise<string> {
  const samples = sampleMessages();
  const sections = ecsImagePolicies().flatMap(({ name, enforcementLevel, description }) => [
    `## ${name}`,
    `${description} Level: ${String(enforcementLevel)}.`,
    ...samples
      .filter(({ policy }) => policy === name)
      .flatMap(({ when, message }) => [`### ${when}`, `\`\`\`text\n${message}\n\`\`\``]),
  ]);
  const page = [
    "<!-- made by `npm run docs` from support/readme/messages.ts -->",
    "# Messages",
    "What each policy prints, made by its own code. [Policies](policies.md) describes when.",
    ...sections,
  ].join("\n\n");
  return format(page, { ...(await resolveConfig(messagesFile)), parser: "markdown" });
}
