import { createRequire } from "node:module";

/** The parser that Pulumi's SDK brings along. */
const library: unknown = createRequire(require.resolve("@pulumi/pulumi/package.json"))("js-yaml");

/** @throws where the text is not YAML 1.2 */
export function parseYaml(text: string): unknown {
  if (typeof library !== "object" || library === null) throw new TypeError("js-yaml is not an object");
  const load: unknown = Reflect.get(library, "load");
  if (typeof load !== "function") throw new TypeError("js-yaml no longer has load()");
  return Reflect.apply(load, undefined, [text]);
}
