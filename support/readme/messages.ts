import { historyOf, imageConfig, inspectedImage, layersOf } from "../registry/inspected-image";
import { judgeBuild, safeSettings } from "../../policypack/builds/judge-build";
import { fixedSource } from "../../policypack/builds/fix-exports";
import { describeNetworkError } from "../../policypack/http/errors";
import { sendFailure } from "../../policypack/http/messages";
import type { InspectedImage } from "../../policypack/inspection/inspector";
import { platformFix } from "../../policypack/inspection/unpullable";
import { type Failure, failure, type Outcome, success } from "../../policypack/common/outcome";
import type { HistoryEntry } from "../../policypack/oci/image-config";
import type { Platform } from "../../policypack/oci/platform";
import { parseReference } from "../../policypack/oci/reference";
import { definitions } from "../../policypack/policies";
import {
  faultyBuild,
  imagesTooLarge,
  missingExecutionRole,
  missingImport,
  missingLogin,
  missingPermission,
  missingTrust,
  noEgress,
  noWayOut,
  sameCause,
} from "../../policypack/report";
import { refusalOf } from "../../policypack/registry/refusal";
import { webPage } from "../../policypack/registry/web-page";
import { runtimesOfTasks } from "../../policypack/runtimes/ecs-runtimes";

const linux: Platform = { os: "linux", architecture: "amd64" };
const arm: Platform = { os: "linux", architecture: "arm64" };
const docker = "application/vnd.docker.image.rootfs.diff.tar";
const oci = "application/vnd.oci.image.layer.v1.tar";

const apiRole = { name: "api-execution", type: "aws:iam/role:Role" };
const apiRun = {
  noun: "service",
  resource: { name: "api", type: "aws:ecs/service:Service" },
  publicIp: "assignPublicIp: true",
};
const lackingRole = {
  ...apiRole,
  listsPolicies: false,
  partition: "aws",
  allows: [
    "ecr:BatchGetImage, ecr:GetDownloadUrlForLayer on arn:aws:ecr:eu-west-1:123456789012:repository/shop/*",
  ],
};
const imports = ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"];
const publicSubnet = {
  subnet: { name: "public-a", type: "aws:ec2/subnet:Subnet" },
  routeTable: { name: "public", type: "aws:ec2/routeTable:RouteTable" },
};
const apiGroup = { name: "api", type: "aws:ec2/securityGroup:SecurityGroup" };
const ecrImage = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api:1";
const apiTask = { name: "api", type: "aws:ecs/taskDefinition:TaskDefinition" };

/** A message as a policy prints it. */
export interface SampleMessage {
  readonly policy: string;
  /** When the policy prints it. */
  readonly when: string;
  readonly message: string;
}

const app = "registry.internal/team/app:1";
const api = "registry.internal/shop/api:1";
const users = [{ workload: { name: "app" }, use: { container: "web" } }];

/** Messages of every policy, made by the code that judges and reports, of images and programs that stand for all. */
export function sampleMessages(): SampleMessage[] {
  const mix = of(12, `${docker}.zstd`).concat(of(3, `${docker}.gzip`));
  const ociMix = of(3, `${oci}+gzip`).concat(of(12, `${oci}+zstd`));
  const sample = (policy: string, when: string, message: string) => ({ policy, when, message });
  const judged = (
    policy: string,
    when: string,
    inspection: Outcome<InspectedImage>,
    { platform = linux, image = app } = {},
  ) => sample(policy, when, messageOf(policy, inspection, platform, image));
  return [
    judged("mixed-layer-compression", "Docker media types", success(inspected(api, mix, history)), {
      image: api,
    }),
    judged("mixed-layer-compression", "OCI media types", success(inspected(app, ociMix))),
    sample(
      "mixed-layer-compression",
      "another image with the same cause",
      sameCause(
        "Mixes gzip and zstd layers",
        { image: api, resource: "api" },
        "registry.internal/shop/web:1",
        ["app"],
      ),
    ),
    judged(
      "unpullable-layers",
      "zstd layers of Docker media types",
      success(inspected(app, of(2, `${docker}.zstd`))),
    ),
    judged("unpullable-layers", "an encrypted layer", success(inspected(app, [`${oci}+gzip+encrypted`]))),
    judged(
      "platform-mismatch",
      "no manifest for the platform",
      failure("missing", "it has no manifest for linux/arm64, only for linux/amd64", {
        proves: "wrong-platform",
        fix: platformFix(arm, ["linux/amd64"]),
      }),
      { platform: arm },
    ),
    judged("image-name", "an address in place of a name", failure("invalid-reference", ""), {
      image: `https://${app}`,
    }),
    judged("missing-image", "a tag that does not exist", refused(404, "MANIFEST_UNKNOWN")),
    judged("unverified-image", "an unknown host", unknownHost()),
    judged("unverified-image", "a rate limit", refused(429, "TOOMANYREQUESTS")),
    judged(
      "unverified-image",
      "no answer",
      failure("timeout", "registry.internal did not answer within 10 s"),
    ),
    judged("unverified-image", "a denied login", {
      ok: false,
      failure: {
        ...refused(401, "UNAUTHORIZED", "incorrect login").failure,
        login: "/home/me/.docker/config.json (its entry for registry.internal: a user name and password)",
      },
    }),
    judged("unverified-image", "a web page in the registry's place", {
      ok: false,
      failure: webPage("registry.internal"),
    }),
    sample("build-compression", "dropped settings", buildMessage()),
    sample(
      "registry-login",
      "a secret without a password",
      missingLogin(
        {
          kind: "malformed",
          message: "has no password",
          registry: "registry.internal",
          secret: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:registry-AbCdEf",
        },
        users,
      ),
    ),
    sample(
      "image-size",
      "layers that do not fit",
      imagesTooLarge(
        { workload: { name: "app" }, storageGiB: 20 },
        [{ image: app, bytes: 22.5 * 1024 ** 3 }],
        22.5 * 1024 ** 3,
        false,
      ),
    ),
    sample(
      "execution-role",
      "a trust policy without ECS",
      missingTrust(apiRole, "execution role", [apiTask], [{ service: "ec2.amazonaws.com" }]),
    ),
    sample(
      "execution-role",
      "no permission to log in to Amazon ECR",
      missingPermission(
        { ...lackingRole, lacks: ["ecr:GetAuthorizationToken on *"] },
        [apiTask],
        ecrImage,
        false,
      ),
    ),
    sample(
      "execution-role",
      "no permission to import through a pull through cache",
      missingImport(
        {
          ...lackingRole,
          allows: ["ecr:GetAuthorizationToken, ecr:BatchGetImage, ecr:GetDownloadUrlForLayer on *"],
          lacks: [`${imports.join(", ")} on arn:aws:ecr:eu-west-1:123456789012:repository/hub/library/nginx`],
        },
        [apiTask],
        ecrImage.replace("shop/api", "hub/library/nginx"),
        imports,
      ),
    ),
    sample("execution-role", "no execution role", missingExecutionRole(apiTask, "ecr")),
    sample(
      "task-network",
      "a public subnet without a public IP",
      noWayOut(apiRun, [publicSubnet], "public", undefined, false),
    ),
    sample(
      "task-network",
      "no route to the internet",
      noWayOut(apiRun, [publicSubnet], "closed", "nginx:1.27", false),
    ),
    sample("task-network", "security groups without egress", noEgress(apiRun, [apiGroup])),
  ];
}

/** What a registry's answer means to somebody who is logged in. */
function refused(status: number, code: string, message?: string): { ok: false; failure: Failure } {
  const body = Buffer.from(JSON.stringify({ errors: [{ code, message }] }));
  const url = new URL("https://registry.internal/v2/");
  const response = { url, status, header: () => [], body };
  const authorized = { identified: true, header: "Basic …", secrets: [] };
  const wanted = { noun: "manifest", repository: "team/app", reference: "1" } as const;
  return { ok: false, failure: refusalOf("registry.internal", wanted, { response, authorized }) };
}

function unknownHost(): Outcome<never> {
  const { kind, words } = describeNetworkError(Object.assign(new Error(), { code: "ENOTFOUND" }));
  return sendFailure(kind, `registry.internal ${words}`);
}

const history = historyOf(
  [
    ...of(11, "RUN /bin/sh -c apt-get install -y --no-install-recommends … # buildkit"),
    "RUN /bin/sh -c corepack enable # buildkit",
    'CMD ["node"]',
    "COPY package.json package-lock.json ./ # buildkit",
    "RUN /bin/sh -c npm ci # buildkit",
    "COPY . . # buildkit",
  ].map((createdBy) => ({ createdBy, emptyLayer: createdBy.startsWith("CMD") })),
);

function of(n: number, text: string): string[] {
  return Array<string>(n).fill(text);
}

function inspected(
  image: string,
  mediaTypes: readonly string[],
  history: readonly HistoryEntry[] = [],
): InspectedImage {
  return inspectedImage({
    reference: parseReference(image),
    platform: linux,
    layers: layersOf(mediaTypes),
    config: imageConfig(mediaTypes.length, { history }),
  });
}

function messageOf(
  policy: string,
  inspection: Outcome<InspectedImage>,
  platform: Platform,
  image: string,
): string {
  const definition = definitions.find(({ name }) => name === policy);
  const [name, container] = image.includes("api") ? ["api", "app"] : ["app", "web"];
  const finding = definition?.judge?.({
    image,
    platform,
    users: [{ workload: { name }, use: { container } }],
    inspection,
    runtimes: runtimesOfTasks([{ platform, launchTypes: ["FARGATE"] }]),
    allowOciMix: false,
    toCome: false,
    isActive: () => true,
  });
  return finding?.message ?? "";
}

function buildMessage(): string {
  const options = { compression: "zstd", forceCompression: true, compressionLevel: 0 };
  const props = { exports: [{ registry: options }] };
  const base = of(3, `${docker}.zstd`);
  const ground = { baseLayers: base, newLayers: 2 };
  const sent = { ociMediaTypes: false, attestations: false };
  const verdict = judgeBuild(sent, ground);
  const settings = safeSettings([ground], { compression: "zstd" });
  if (verdict.fine) return "";
  return faultyBuild({
    resource: "api",
    path: "exports[0]",
    images: ["registry.internal/shop/api:1"],
    base: { name: "registry.internal/base/node:22", platform: "linux/amd64", layers: base },
    steps: [
      { keyword: "COPY", line: 2 },
      { keyword: "RUN", line: 3 },
    ],
    settings: sent,
    dropped: ["compression", "forceCompression"],
    verdict,
    fix: { source: fixedSource(props, "exports[0]", settings), settings },
    notes: [],
  });
}
