import { imagesOfJob } from "./batch";
import { imagesOfDaemon, imagesOfDescribed, imagesOfExpressService } from "./ecs";
import type { UnreadableUse, WorkloadFamily, WorkloadImages } from "./image-use";
import { type Holder, joined, jsonAt, NOTHING, objectAt, type Place, unreadableAt } from "./places";
import { isRecord, isRedacted, member, read, type Reading, textAt, unknownValue } from "../common/values";

/** CloudFormation's types of resources that make ECS run containers → how their properties are read. */
const readers: ReadonlyMap<string, (properties: unknown, place: Holder) => WorkloadImages> = new Map([
  ["AWS::ECS::TaskDefinition", imagesOfDescribed],
  ["AWS::ECS::DaemonTaskDefinition", imagesOfDaemon],
  ["AWS::ECS::ExpressGatewayService", imagesOfExpressService],
  ["AWS::Batch::JobDefinition", imagesOfJob],
]);

const NOUN = "properties";

/**
 * A resource of the Cloud Control API, which takes the properties of CloudFormation's type as a JSON text, and the resource of aws-native for
 * types that it does not know, which takes them as an object.
 */
export const cloudControlResource: WorkloadFamily = {
  types: {
    "aws:cloudcontrol/resource:Resource": (props) => imagesOfTyped(props, "typeName", "desiredState"),
    "aws-native:index:ExtensionResource": (props) => imagesOfTyped(props, "type", "properties"),
  },
};

function imagesOfTyped(props: unknown, type: string, properties: string): WorkloadImages {
  const reader = readers.get(textAt(props, type) ?? "");
  if (reader === undefined) return NOTHING;
  const place: Place = { reading: member(props, properties), path: properties, keys: "any-case" };
  return jsonAt(place, NOUN, (decoded) => objectAt(decoded, NOUN, (holder) => reader(holder, decoded)));
}

/** A stack of CloudFormation, or a set of stacks. A template that stands elsewhere (`templateUrl`) is not read. */
export const cloudFormationStack: WorkloadFamily = {
  types: {
    "aws:cloudformation/stack:Stack": imagesOfTemplate,
    "aws:cloudformation/stackSet:StackSet": imagesOfTemplate,
    "aws-native:cloudformation:Stack": imagesOfTemplate,
    "aws-native:cloudformation:StackSet": imagesOfTemplate,
  },
};

const TEMPLATE = "templateBody";
const WORKLOAD = new RegExp(`\\b(?:${[...readers.keys()].join("|")})\\b`);

/** Templates are JSON or YAML (CloudFormation User Guide, "Template formats"). One that is not known yet may hold anything. */
function imagesOfTemplate(props: unknown): WorkloadImages {
  const body = member(props, TEMPLATE);
  if (body.state === "known" && isRedacted(body.value))
    return unreadableAt("redacted", TEMPLATE, "the template is a secret that could not be decrypted");
  const text = templateOf(body);
  if (text === undefined || !WORKLOAD.test(text)) return NOTHING;
  let template: unknown;
  try {
    template = JSON.parse(text);
  } catch {
    return unsupported(TEMPLATE, "the template describes containers in YAML, which the guard does not read");
  }
  const resources = member(template, "Resources");
  return resources.state === "known" && isRecord(resources.value)
    ? joined(Object.entries(resources.value).map(([id, resource]) => imagesOfResource(id, resource)))
    : NOTHING;
}

/** aws-native takes an object too; one with a value that is not known yet is not known as a whole, as a text is not. */
function templateOf(body: Reading): string | undefined {
  if (body.state !== "known") return undefined;
  if (typeof body.value === "string") return body.value;
  try {
    return JSON.stringify(body.value, (_, value: unknown) => {
      const reading = read(value);
      if (reading.state === "unknown") throw new Error("known only during the update");
      return reading.state === "known" ? reading.value : null;
    });
  } catch {
    return undefined;
  }
}

function imagesOfResource(id: string, resource: unknown): WorkloadImages {
  const path = `${TEMPLATE}.Resources.${id}`;
  const reader = readers.get(textAt(resource, "Type") ?? "");
  if (reader !== undefined) {
    const properties = evaluated(isRecord(resource) ? resource["Properties"] : undefined, 0);
    const { uses, unreadable } = reader(properties, { path: `${path}.Properties`, keys: "any-case" });
    return { uses, unreadable: unreadable.map(inTemplate) };
  }
  // A loop (`Fn::ForEach`) is an array of templates.
  return Array.isArray(resource) && WORKLOAD.test(JSON.stringify(resource))
    ? unsupported(path, "the template describes containers in a loop, which the guard does not read")
    : NOTHING;
}

/** Deeper than any property. */
const maximumDepth = 50;

/** The properties, with an unknown value for each that CloudFormation computes: an intrinsic function or a dynamic reference. */
function evaluated(value: unknown, depth: number): unknown {
  if (depth > maximumDepth || isComputed(value)) return unknownValue;
  if (Array.isArray(value)) return value.map((one) => evaluated(one, depth + 1));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, evaluated(one, depth + 1)]));
}

function isComputed(value: unknown): boolean {
  if (typeof value === "string") return value.includes("{{resolve:");
  const [key, ...others] = isRecord(value) ? Object.keys(value) : [];
  return key !== undefined && others.length === 0 && /^(?:Ref$|Fn::)/.test(key);
}

/** What is unknown in a template stays so in the update. */
function inTemplate(use: UnreadableUse): UnreadableUse {
  if (use.reason !== "unknown") return use;
  const message = use.message.replace(/known only during the update$/, "computed by CloudFormation");
  return { ...use, reason: "unsupported", message };
}

function unsupported(path: string, message: string): WorkloadImages {
  return unreadableAt("unsupported", path, message);
}
