import { closest, printable } from "../common/text";
import { isRecord, madeOnce } from "../common/values";
import { definitions } from "../policies";
import type { PolicyDefinition } from "../policies/definition";
import { ecsImagePolicies } from "../run/ecs-image-policies";
import { mixedLayerCompression } from "../policies/mixed-layer-compression";
import { mergeSettings, readSettings, schemaKey, type Settings } from "../settings";
import { InputError, jsonProblem } from "./input";

/** A policy at the level and with the settings that a run gives it: policies without settings of their own share them. */
export interface PolicyInForce {
  readonly definition: PolicyDefinition;
  readonly level: "mandatory" | "advisory" | "disabled";
  readonly settings: Settings;
}

const levels = ["advisory", "mandatory", "remediate", "disabled"];

/** The policies over images at their own levels, with these settings. */
export function policiesWith(given: Partial<Settings> = {}): PolicyInForce[] {
  const settings = mergeSettings(given);
  return definitions.map((definition) => ({ definition, level: definition.enforcementLevel, settings }));
}

/**
 * The policies as a configuration file sets them, which is what `pulumi preview --policy-pack-config` takes. Unlike Pulumi, it accepts a
 * `"$schema"` at the top and refuses a policy that does not exist.
 *
 * @param source the file, in words that can be printed
 * @param options settings of the command line, which come on top
 * @throws InputError naming everything that is wrong
 */
export function readConfiguration(text: string, source: string, options: Partial<Settings>): PolicyInForce[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new InputError(jsonProblem(text, source));
  }
  if (!isRecord(document)) throw new InputError(`${source} must be a JSON object of policies.`);
  const { all, ...given } = document;
  const known = ["all", ...ecsImagePolicies().map(({ name }) => name)];
  const policies = new Map(
    Object.entries(given)
      .filter(([name]) => name !== schemaKey)
      .map(([name, value]) => [name, readPolicy(name, value, known)]),
  );
  const allPolicies = readPolicy("all", all ?? {}, known);
  const problems = [...policies.values(), allPolicies].flatMap((policy) => policy.problems);
  if (Object.keys(allPolicies.settings).length > 0)
    problems.push("`all` takes a level only, and no settings.");
  if (problems.length > 0) throw new InputError(`${source}: ${problems.join(" ")}`);

  const carrier = mixedLayerCompression.name;
  const levelOf = ({ name, enforcementLevel }: PolicyDefinition) => {
    const level = policies.get(name)?.level ?? allPolicies.level ?? enforcementLevel;
    // A violation that cannot be remediated blocks (pulumi, `step_generator.go`).
    return level === "remediate" ? "mandatory" : (level as PolicyInForce["level"]);
  };
  // The engine does not call a disabled policy, so what it carries does not count.
  const shared = levelOf(mixedLayerCompression) === "disabled" ? {} : policies.get(carrier)?.settings;
  const merged = new Map<Partial<Settings> | undefined, Settings>();
  return definitions.map((definition) => {
    const own = definition.name === carrier ? undefined : policies.get(definition.name)?.settings;
    const layers = [shared, own, options].filter((layer) => layer !== undefined);
    const settings = madeOnce(merged, own, () => mergeSettings(...layers));
    return { definition, level: levelOf(definition), settings };
  });
}

interface ReadPolicy {
  readonly level: string | undefined;
  readonly settings: Partial<Settings>;
  readonly problems: readonly string[];
}

function readPolicy(name: string, value: unknown, known: readonly string[]): ReadPolicy {
  const { enforcementLevel: level, ...config } = isRecord(value) ? value : { enforcementLevel: value };
  const { settings, problems } = readSettings(config);
  const wrong = [
    ...(known.includes(name) ? [] : [unknownPolicy(name, known)]),
    ...(level === undefined || (typeof level === "string" && levels.includes(level))
      ? []
      : [`The level of \`${printable(name, 60)}\` must be one of ${levels.join(", ")}.`]),
    ...problems.map((problem) => `In \`${printable(name, 60)}\`: ${problem}`),
  ];
  return { level: typeof level === "string" ? level : undefined, settings, problems: wrong };
}

function unknownPolicy(name: string, known: readonly string[]): string {
  const near = closest(name, known);
  const hint = near === undefined ? `Known: ${known.join(", ")}.` : `Did you mean \`${near}\`?`;
  return `Unknown policy \`${printable(name, 60)}\`. ${hint}`;
}
