import { isDigest } from "../oci/digest";
import { InvalidReferenceError, parseReference, printableName, referenceIn } from "../oci/reference";
import { impossibleName, impossibleValue, type NameFault } from "../report";
import { stringifiedIn } from "../workloads/stringified";
import { deploymentRisks, type PolicyDefinition } from "./definition";

/** Blocks image names that ECS, or every container runtime, refuses. */
export const imageName: PolicyDefinition = {
  name: "image-name",
  displayName: "Every image name is one that ECS and container runtimes accept",
  description: "An image name must be one that ECS and container runtimes accept.",
  enforcementLevel: "mandatory",
  severity: "high",
  framework: deploymentRisks,
  tags: ["ecs", "fargate", "container-images"],
  remediationSteps: "Write the name as registry/repository:tag or registry/repository@sha256:….",
  judge: ({ image, users }) => {
    const fault = faultOf(image);
    if (fault === undefined) return undefined;
    return { message: impossibleName(image, users, fault), ...(fault.isLikely && { remark: true as const }) };
  },
  judgePlace: ({ workload, use }) =>
    use.reason === "impossible" ? { message: impossibleValue(workload, use) } : undefined,
};

/** Whether the policy says that no task can ever start from this name. */
export function isImpossible(image: string): boolean {
  const fault = faultOf(image);
  return fault !== undefined && fault.isLikely !== true;
}

/** The answers of RegisterTaskDefinition (and of Batch, when it submits a job), as users report them. */
const refusals = {
  characters: "ClientException: Container.image contains invalid characters.",
  length: "ClientException: Container.image should be 255 characters or less.",
};
const refusalOfRuntimes = "CannotPullContainerError: invalid reference format";

/** The characters that ECS takes (ECS API, `ContainerDefinition.image`), and those of a digest and of an IPv6 host. */
const acceptedCharacters = /^[\w.:/#@[\]+=-]*$/;
const maximumLength = 255;
const maximumTag = 128;

function faultOf(image: string): NameFault | undefined {
  // Of a task definition, such a value is reported where it stands (`judgePlace`).
  const value = stringifiedIn(image);
  if (value !== undefined)
    return { problem: `it is ${value.what}`, refusal: refusalOf(image), fix: value.fix };
  try {
    parseReference(image);
  } catch (error) {
    if (!(error instanceof InvalidReferenceError)) throw error;
    // By the grammar, `sha256:…` alone is a tag of a repository `sha256` at Docker Hub: unlikely, but legal.
    if (isDigest(image)) return undefined;
    return { problem: error.problem, refusal: refusalOf(image), fix: fixOf(image) };
  }
  if (image.length <= maximumLength) return undefined;
  // Whether ECS counts a digest is not documented.
  const [named = ""] = image.split("@");
  return {
    problem: `it has ${image.length} characters, and ECS takes ${maximumLength}`,
    refusal: refusals.length,
    fix: shorten,
    ...(named.length <= maximumLength && { isLikely: true }),
  };
}

function refusalOf(image: string): string {
  return acceptedCharacters.test(image) ? refusalOfRuntimes : refusals.characters;
}

const shorten = "choose a shorter repository or tag";

/** A sentence without its end. */
function fixOf(image: string): string {
  const meant = legalFormOf(image);
  if (meant !== undefined) return `write ${printableName(meant, 200)}`;
  if (/[$%{}<>]/.test(image))
    return "replace the placeholder by its value, in TypeScript with pulumi.interpolate`…`";
  const [, named = "", tag = ""] = /^([^:]+(?::\d+\/[^:]+)?):([\w.+/ -]+)$/.exec(image) ?? [];
  if (image.length > maximumLength || tag.length > maximumTag) return shorten;
  const legal = tag.replaceAll(/[^\w.-]/g, "-").replace(/^[.-]+/, "");
  // `registry.example:port/app` rather has a wrong port than a wrong tag.
  const isHost = /^[^/]*\.[^/]*$/.test(named);
  const isTag = legal !== "" && !isHost && referenceIn(named) !== undefined;
  return isTag
    ? `choose another tag where you build and where you deploy, such as ${legal}`
    : "write registry/repository:tag or registry/repository@sha256:…";
}

/** The name that was probably meant, if it is legal. */
function legalFormOf(image: string): string | undefined {
  const bare = image
    .trim()
    .replace(/^(["'`])(.*)\1$/s, "$2")
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, "")
    .replaceAll(/\s*([:/@])\s*/g, "$1")
    .replace(/\/+$/, "");
  // A name in capitals alone is rather one of a variable.
  if (!/[a-z]/.test(bare)) return undefined;
  const [named = "", ...rest] = bare.split(/(?=:[^:/]*$|@)/);
  return [ecrNameOf(bare) ?? bare, named.toLowerCase() + rest.join("")].find(
    (form) => referenceIn(form) !== undefined,
  );
}

/** The image's name, of an ARN of its repository in ECR. */
function ecrNameOf(arn: string): string | undefined {
  const [, partition = "", region = "", account = "", rest = ""] =
    /^arn:(aws|aws-us-gov|aws-cn):ecr:([a-z0-9-]+):(\d{12}):repository\/(.+)$/.exec(arn) ?? [];
  const suffix = partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
  return rest === "" ? undefined : `${account}.dkr.ecr.${region}.${suffix}/${rest}`;
}
