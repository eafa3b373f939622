import { EcrStore } from "../../support/aws/ecr-store";
import { limits } from "../../policypack/common/limits";
import { dummyKeys, FakeEcr, idsOf, type Seen } from "../../support/aws/fake-ecr";
import { type BuiltImage, buildImage, pushImage, pushIndex } from "../../support/registry/images";
import type { Bench, Case, CaseReport } from "../case";
import { atMost, exactly } from "../figure";
import { GuardedStack, grouped } from "../guarded-stack";

const host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
const repositories = 5;
const tags = 20;
/** Milliseconds of each call: longer than it takes to send all that go side by side, so that these can be told from those that follow one another. */
const latencyMs = 500;

/** Private ECR: how often its API is called. */
export const ecr: Case = {
  name: "ecr",
  title: `${repositories * tags} images in ${repositories} ECR repositories`,
  measure,
};

async function measure(bench: Bench): Promise<CaseReport> {
  const api = new FakeEcr();
  await api.start();
  const store = new EcrStore();
  let calls: Call[] = [];
  api.handle = (seen, response) => {
    const began = performance.now();
    setTimeout(() => {
      calls.push({ seen, began, ended: performance.now() });
      store.answer(seen, response, api.url);
    }, latencyMs);
  };
  const stack = await GuardedStack.create(bench, {
    ...dummyKeys,
    AWS_ENDPOINT_URL_ECR: api.url,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_PROFILE: "",
  });
  const previewed = async (kind: Kind) => {
    calls = [];
    stack.define(grouped(publish(store, kind), 1));
    await stack.preview("guard");
    return calls;
  };
  const of = (seen: readonly Call[], operation: string) =>
    seen.filter(({ seen: { what } }) => what === operation);
  try {
    const indexes = await previewed("index");
    const plain = await previewed("plain");
    const images = repositories * tags;
    const queried = of(indexes, "BatchGetImage").flatMap(({ seen }) => idsOf(seen)).length;
    return {
      figures: [
        atMost("calls of BatchGetImage in a preview", indexes.length, 10, "calls"),
        atMost("calls that follow one another", longestChain(indexes), 3, "round trips"),
        exactly("manifests and indexes queried", queried, 2 * images, "ids"),
        atMost("single-platform: calls of BatchGetImage", of(plain, "BatchGetImage").length, 10, "calls"),
        atMost(
          "the same: calls of GetDownloadUrlForLayer",
          of(plain, "GetDownloadUrlForLayer").length,
          images,
          "calls",
        ),
        atMost(
          "the same: calls and downloads that follow one another",
          longestChain(plain),
          5,
          "round trips",
        ),
      ],
      remarks: [
        `Counted in previews of the real engine, at a stand-in for the ECR API that takes ${latencyMs} ms for a call. Of multi-platform images each repository is queried twice: for the tags, then for the manifests that their indexes name.`,
        `A single-platform image names its platform in its config only, and each has a config of its own here: a call gives its URL, and a download its bytes. ${limits.awsSdkConnections} such calls and ${limits.requestsPerHost} downloads are under way at most, so that ${images} configs take up to two round trips more than one.`,
      ],
    };
  } finally {
    stack.remove();
    await api.stop();
  }
}

type Kind = "index" | "plain";

/** Pushes the images, each with layers and configs of its own, and gives their names. */
function publish(store: EcrStore, kind: Kind): string[] {
  return Array.from({ length: repositories * tags }, (_, n) => {
    const [repository, tag] = [`team/${kind}-${n % repositories}`, `v${n}`];
    const [amd64, arm64] = ["amd64", "arm64"].map((architecture) =>
      buildImage({
        layers: ["gzip", "gzip"],
        family: "oci",
        platform: { os: "linux", architecture },
        content: `${repository}:${tag} for ${architecture}`,
      }),
    ) as [BuiltImage, BuiltImage];
    if (kind === "plain") pushImage(store, repository, tag, amd64);
    else pushIndex(store, repository, tag, [amd64, arm64], { attestations: true });
    return `${host}/${repository}:${tag}`;
  });
}

interface Call {
  readonly seen: Seen;
  readonly began: number;
  readonly ended: number;
}

/** The most calls of which each began after the one before had ended. */
function longestChain(calls: readonly Call[]): number {
  let [length, until] = [0, -Infinity];
  for (const { began, ended } of [...calls].sort((a, b) => a.ended - b.ended))
    if (began >= until) [length, until] = [length + 1, ended];
  return length;
}
