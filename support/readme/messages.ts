import { historyOf, imageConfig, inspectedImage, layersOf } from "../registry/inspected-image";
import { judgeBuild, safeSettings } from "../../policypack/builds/judge-build";
import { mendedSource } from "../../policypack/builds/mend-exports";
import type { InspectedImage } from "../../policypack/inspection/inspector";
import { type Failure, failure, type Outcome, success } from "../../policypack/common/outcome";
import type { HistoryEntry } from "../../policypack/oci/image-config";
import type { Platform } from "../../policypack/oci/platform";
import { parseReference } from "../../policypack/oci/reference";
import { definitions } from "../../policypack/policies";
import { faultyBuild, imagesTooLarge, missingLogin, missingTrust, noWayOut } from "../../policypack/report";
import { runtimesOfTasks } from "../../policypack/runtimes/ecs-runtimes";

const linux: Platform = { os: "linux", architecture: "amd64" };
const arm: Platform = { os: "linux", architecture: "arm64" };
const docker = "application/vnd.docker.image.rootfs.diff.tar";
const oci = "application/vnd.oci.image.layer.v1.tar";

const apiRole = { name: "api-execution", type: "aws:iam/role:Role" };
const apiService = { name: "api", type: "aws:ecs/service:Service" };
const publicSubnet = {
  subnet: { name: "public-a", type: "aws:ec2/subnet:Subnet" },
  routeTable: { name: "public", type: "aws:ec2/routeTable:RouteTable" },
};
const apiTask = { name: "api", type: "aws:ecs/taskDefinition:TaskDefinition" };

/** The messages that the README shows: what the policies say of images and a build as the README describes them. */
export function messagesOfReadme(): Map<string, string> {
  const app = "registry.internal/team/app:1";
  const mix = of(12, `${docker}.zstd`).concat(of(3, `${docker}.gzip`));
  const ociMix = of(3, `${oci}+gzip`).concat(of(12, `${oci}+zstd`));
  const say = (policy: string, inspection: Outcome<InspectedImage>, platform = linux, image = app) =>
    messageOf(policy, inspection, platform, image);
  const api = "registry.internal/shop/api:1";
  return new Map([
    ["mixed", say("mixed-layer-compression", success(inspected(api, mix, history)), linux, api)],
    ["oci-mix", say("mixed-layer-compression", success(inspected(app, ociMix)))],
    ["unpullable", say("unpullable-layers", success(inspected(app, of(2, `${docker}.zstd`))))],
    [
      "platform",
      say(
        "platform-mismatch",
        failure("missing", "it has no manifest for linux/arm64, only for linux/amd64", "wrong-platform"),
        arm,
      ),
    ],
    ["name", say("image-name", failure("invalid-reference", ""), linux, `https://${app}`)],
    [
      "size",
      imagesTooLarge(
        { workload: { name: "app" }, storageGiB: 20 },
        [{ image: app, bytes: 22.5 * 1024 ** 3 }],
        22.5 * 1024 ** 3,
        false,
      ),
    ],
    [
      "login",
      missingLogin(
        {
          kind: "malformed",
          message: "has no password",
          registry: "registry.internal",
          secret: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:registry-AbCdEf",
        },
        [{ workload: { name: "app" }, use: { container: "web" } }],
      ),
    ],
    ["missing", say("missing-image", failure("missing", "registry.internal has no tag 1 in team/app"))],
    [
      "unverified",
      say(
        "unverified-image",
        failure(
          "unreachable",
          "registry.internal is not known to DNS (ENOTFOUND); check the registry's name",
        ),
      ),
    ],
    ["denied", say("unverified-image", { ok: false, failure: denied })],
    ["build", buildMessage()],
    ["role", missingTrust(apiRole, "execution role", [apiTask], ["ec2.amazonaws.com"])],
    ["network", noWayOut(apiService, [publicSubnet], "public", undefined, false)],
  ]);
}

const denied: Failure = {
  kind: "denied",
  message: 'registry.internal does not accept the credentials (HTTP 401): "incorrect login"',
  login: "/home/me/.docker/config.json (its entry for registry.internal: a user name and password)",
};

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
    fix: { source: mendedSource(props, "exports[0]", settings), settings },
    notes: [],
  });
}
