import fc from "fast-check";
import assert from "node:assert/strict";
import { parseRawExport, settingsOfDockerBuild } from "../../../policypack/builds/docker-build-settings";
import { planBuild } from "../../../policypack/builds/dockerfile/build-plan";
import { imageBuildOf } from "../../../policypack/builds/image-build";
import { pushedImages } from "../../../policypack/builds/pushed-images";
import { tagExemptionOf } from "../../../policypack/exemptions/tag-exemption";
import { unreadableUse } from "../../../policypack/report";
import { imagesOf, parseTaskDefinitionName, taskDefinitionNames } from "../../../policypack/workloads";
import { mixed, nearly, text, textOf } from "../arbitraries";
import { assertLine, assertLines, assertWords } from "../safe";
import { type Subject, subject } from "../subject";

const keys = [
  "containerDefinitions",
  "runtimePlatform",
  "cpuArchitecture",
  "operatingSystemFamily",
  "requiresCompatibilities",
  "name",
  "image",
  "Image",
  "repositoryCredentials",
  "credentialsParameter",
  "primaryContainer",
  "containerProperties",
  "ecsProperties",
  "taskProperties",
  "containers",
  "nodeProperties",
  "nodeRangeProperties",
  "targetNodes",
  "container",
  "platformCapabilities",
  "tags",
  "key",
  "value",
];
const container = { name: "web", image: "nginx:1", repositoryCredentials: { credentialsParameter: "arn" } };
const platform = { cpuArchitecture: "ARM64", operatingSystemFamily: "LINUX" };
const ecs = { taskProperties: [{ containers: [container], runtimePlatform: platform }] };
const nodes = {
  numNodes: 2,
  nodeRangeProperties: [
    { targetNodes: "0:1", container },
    { targetNodes: "2:", ecsProperties: ecs },
  ],
};
const task = {
  containerDefinitions: [container, { ...container, name: "b" }],
  runtimePlatform: platform,
  requiresCompatibilities: ["FARGATE"],
};
const job = {
  type: "container",
  containerProperties: container,
  ecsProperties: ecs,
  nodeProperties: nodes,
  platformCapabilities: ["EC2"],
};

/** Where the classic provider takes a JSON text, the text is spoilt as well. */
function withTexts(props: unknown, written: string): unknown {
  if (typeof props !== "object" || props === null) return props;
  const texts = ["containerDefinitions", "containerProperties", "ecsProperties", "nodeProperties"];
  return Object.fromEntries(
    Object.entries(props).map(([key, value]) => [
      key,
      texts.includes(key) ? (written === "" ? JSON.stringify(value) : written) : value,
    ]),
  );
}

const families: readonly (readonly [type: string, good: unknown, classic: boolean])[] = [
  ["aws:ecs/taskDefinition:TaskDefinition", task, true],
  ["aws-native:ecs:TaskDefinition", task, false],
  ["aws:ecs/daemonTaskDefinition:DaemonTaskDefinition", task, false],
  ["aws:ecs/expressGatewayService:ExpressGatewayService", { primaryContainer: container }, false],
  ["aws:batch/jobDefinition:JobDefinition", job, true],
  ["aws-native:batch:JobDefinition", job, false],
];

function workload([type, good, classic]: (typeof families)[number]): Subject {
  const props = nearly(keys, good);
  const documents = fc.oneof(
    { weight: 2, arbitrary: fc.constant("") },
    {
      weight: 1,
      arbitrary: textOf(nearly(keys, [container], ecs, nodes)),
    },
  );
  const given = classic
    ? fc.tuple(props, documents).map(([read, written]) => withTexts(read, written))
    : props;
  return subject(`images of ${type}`, given, (one) => {
    const found = imagesOf(type, one);
    assert.ok(found);
    for (const use of found.uses) {
      assertLine(use.container);
      assert.ok(use.image.trim() !== "");
    }
    for (const use of found.unreadable) {
      assertWords(use.message);
      assertLine(use.path);
      assertLines(unreadableUse({ name: "\u001b[2J" }, use));
    }
    tagExemptionOf("urn", one, true);
  });
}

const name = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:7";
const target = { ecsParameters: { taskDefinitionArn: name } };
const names = fc.tuple(
  fc.constantFrom("aws:ecs/service:Service", "aws-native:events:Rule", "aws:scheduler/schedule:Schedule"),
  nearly(["taskDefinition", "targets", "target", "ecsParameters", "taskDefinitionArn"], {
    taskDefinition: name,
    targets: [target, { ecsParameters: {} }],
    target,
  }),
);
const namedTaskDefinitions = subject("task definitions that resources name", names, ([type, one]) => {
  const found = taskDefinitionNames(type, one);
  for (const { path } of [...found.names, ...found.unreadable]) assertLine(path);
  for (const { name } of found.names)
    assert.ok(/^[\w-]+$/.test(parseTaskDefinitionName(name)?.family ?? "x"));
});

const exports = {
  registry: {
    compression: "zstd",
    compressionLevel: 3,
    forceCompression: true,
    ociMediaTypes: false,
    names: ["a"],
    push: true,
  },
  raw: "",
  disabled: false,
};
const build = {
  exports: [exports, { raw: "type=registry,compression=zstd,name=a" }, { image: { push: true } }],
  push: true,
  tags: ["a:1", "b:2"],
  dockerfile: { inline: "FROM a", location: "" },
  context: { location: ".", named: { a: { location: "docker-image://b" } } },
  buildArgs: { A: "b" },
  platforms: ["linux/amd64"],
  cacheFrom: [],
  target: "t",
};
const buildKeys = [
  "exports",
  "registry",
  "image",
  "raw",
  "push",
  "tags",
  "compression",
  "compressionLevel",
  "dockerfile",
  "inline",
  "location",
  "context",
  "named",
  "buildArgs",
  "platforms",
  "target",
  "build",
  "imageName",
  "names",
];

export const resources: readonly Subject[] = [
  ...families.map(workload),
  namedTaskDefinitions,
  subject(
    "Dockerfiles",
    fc.tuple(
      mixed(
        "FROM ",
        "a",
        " AS ",
        "b",
        "\n",
        "ARG ",
        "=",
        "$",
        "{",
        "}",
        ":-",
        "//",
        "#",
        "%",
        "*",
        "RUN ",
        "<<E",
        "\nE",
        "\\",
        "`",
        "'",
        '"',
        "COPY ",
        "ONBUILD ",
        "--platform=",
        "# escape=`",
      ),
      text,
    ),
    ([dockerfile, arg]) => {
      const plan = planBuild(dockerfile, {
        platform: "linux/arm64",
        buildArgs: new Map([
          ["a", arg],
          ["b", undefined],
        ]),
        namedContexts: new Map([["b", arg]]),
      });
      if (!plan.known) assertWords(plan.reason);
    },
  ),
  subject("docker-build's properties", nearly(buildKeys, build), (props) => {
    const given = typeof props === "object" && props !== null ? props : {};
    for (const sent of settingsOfDockerBuild(given)) {
      assertLine(sent.path);
      if ("unreadable" in sent) assertWords(sent.unreadable);
    }
    for (const type of [
      "docker-build:index:Image",
      "docker:index/image:Image",
      "awsx:ecr:Image",
      "docker-build:index:Index",
    ]) {
      assert.ok(pushedImages(type, props).images.every((image) => typeof image === "string"));
      const read = imageBuildOf(type, props);
      if (read !== undefined && "unreadable" in read.dockerfile) assertWords(read.dockerfile.unreadable);
    }
  }),
  subject(
    "raw exports",
    mixed("type=", "registry", "image", ",", '"', "=", "name=", "compression=zstd", "push=true"),
    (raw) => {
      const found = parseRawExport(raw);
      assert.ok(found === undefined || found.type !== "");
    },
  ),
];
