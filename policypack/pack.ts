import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type EnforcementLevel, PolicyPack } from "@pulumi/policy";
import { AnalyzerService } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import type { AnalyzeRequest, AnalyzerResource } from "@pulumi/pulumi/proto/analyzer_pb";
import { homepage } from "./common/text";
import { ecsImagePolicies } from "./run/ecs-image-policies";
import { analyzerInfoFile } from "./start/parts";
import { configureLevels, configureRun, exitWithParent, listenForRuns } from "./run/pulumi-run";

const folder = join(__dirname, "..");

exitWithParent();
takeConfiguration();
decodePropertiesOnce();
addPreparedInfo();
// The SDK reads the version from the package.json of the working folder, and an engine that runs this file itself starts it in the
// folder of the program.
process.chdir(folder);

const policies = ecsImagePolicies();
// The prepared information has them.
for (const policy of policies) delete policy.configSchema;

// The only file with a side effect: it serves the pack to the engine, whose first line of output must be the port.
new PolicyPack("ecs-image-guard", {
  displayName: "ECS image guard",
  description: "Blocks ECS deployments whose container images mix gzip and zstd layers.",
  provider: "AWS",
  tags: ["ecs", "fargate", "batch", "container-images", "zstd"],
  repository: homepage,
  policies,
});

/** The enum `EnforcementLevel` of `analyzer.proto`, as the SDK names its values (`protoutil.ts`, `convertEnforcementLevel`). */
const levelNames: readonly EnforcementLevel[] = ["advisory", "mandatory", "disabled", "remediate"];

/**
 * The SDK keeps the tags of `ConfigureStack` alone, and the environment has the rest only if a language host started the pack. Of `Configure`, it
 * keeps the levels of the policies to itself.
 */
function takeConfiguration(): void {
  onRequest(AnalyzerService.configure, (request) => {
    const given = new Map<string, EnforcementLevel>();
    request.getPolicyconfigMap().forEach((policy, name) => {
      const level = levelNames[policy.getEnforcementlevel()];
      if (level !== undefined) given.set(name, level);
    });
    configureLevels(given);
  });
  onRequest(AnalyzerService.configureStack, (request) => {
    configureRun({
      organization: request.getOrganization(),
      project: request.getProject(),
      stack: request.getStack(),
      dryRun: request.getDryRun(),
    });
  });
  listenForRuns();
}

/** The SDK decodes the properties of a resource once for each policy (`server.ts`, `deserializeProperties`). Here they are decoded once. */
function decodePropertiesOnce(): void {
  const decode = (resource: AnalyzeRequest | AnalyzerResource) => {
    for (const properties of [resource.getProperties(), resource.getProvider()?.getProperties()]) {
      if (properties === undefined) continue;
      const decoded = properties.toJavaScript();
      properties.toJavaScript = () => decoded;
    }
  };
  onRequest(AnalyzerService.analyze, decode);
  onRequest(AnalyzerService.analyzeStack, (request) => {
    request.getResourcesList().forEach(decode);
  });
}

/** Shows each request of a method to `take` before the SDK gets it. */
function onRequest<T>(
  method: { requestDeserialize: (bytes: Buffer) => T },
  take: (request: T) => void,
): void {
  const read = method.requestDeserialize;
  method.requestDeserialize = (bytes) => {
    const request = read(bytes);
    take(request);
    return request;
  };
}

/**
 * Adds to the pack's name and version what the build has prepared: its README and policies. The SDK would convert the schema of the settings once for
 * each policy, and the engine starts the program only after that. Protocol buffers are merged by concatenation
 * (https://protobuf.dev/programming-guides/encoding/#last-one-wins).
 */
function addPreparedInfo(): void {
  const method = AnalyzerService.getAnalyzerInfo;
  const write = method.responseSerialize;
  method.responseSerialize = (info) => {
    info.clearPoliciesList();
    return Buffer.concat([readFileSync(join(__dirname, analyzerInfoFile)), write(info)]);
  };
}
