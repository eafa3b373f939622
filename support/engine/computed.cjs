// What AWS's providers add to the inputs that a program gives: defaults when they check them, and values that AWS computes.
const types = require("./computed.json");

/** How an unknown value goes over the wire (pulumi/sdk, `runtime/rpc.ts`, `unknownValue`). */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const nameOf = (urn) => urn.split("::").at(-1);
const typeOf = (urn) => urn.split("::").at(2).split("$").at(-1);

function filled(template, words) {
  return typeof template === "string" ? template.replace(/\{(\w+)\}/g, (_, key) => words[key]) : template;
}

/** The inputs with defaults, as the providers' Check gives them. */
function checked(urn, inputs) {
  const { defaults = {} } = types[typeOf(urn)] ?? {};
  const words = { resource: nameOf(urn) };
  const added = Object.entries(defaults).filter(([key]) => inputs[key] === undefined);
  return { ...inputs, ...Object.fromEntries(added.map(([key, value]) => [key, filled(value, words)])) };
}

/** The outputs: in the preview of a resource that is to be created, what AWS will compute is unknown. */
function outputsOf(urn, inputs, { preview }) {
  const { computed = {}, defaults = {} } = types[typeOf(urn)] ?? {};
  const words = { ...inputs, resource: nameOf(urn) };
  const added = Object.entries(computed).map(([key, value]) => {
    const isGiven = inputs[key] !== undefined && !isAutoNamed(key, urn, inputs, defaults);
    return [key, isGiven ? inputs[key] : preview ? unknown : filled(value, words)];
  });
  return { ...inputs, ...Object.fromEntries(added) };
}

function isAutoNamed(key, urn, inputs, defaults) {
  return key in defaults && inputs[key] === filled(defaults[key], { resource: nameOf(urn) });
}

module.exports = { checked, outputsOf, unknown };
