import { EcrStore } from "../../support/aws/ecr-store";
import { dummyKeys, FakeEcr, idsOf } from "../../support/aws/fake-ecr";
import { buildImage, pushIndex } from "../../support/registry/images";
import type { Bench, Case, CaseReport } from "../case";
import { atMost, exactly } from "../figure";
import { GuardedStack, grouped } from "../guarded-stack";

const host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
const repositories = 5;
const tags = 20;
/** Milliseconds of each call, so that calls that follow one another can be told from those side by side. */
const latencyMs = 100;

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
  const calls: Call[] = [];
  api.handle = (seen, response) => {
    const began = performance.now();
    setTimeout(() => {
      calls.push({ began, ended: performance.now() });
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
  try {
    const images = Array.from({ length: repositories * tags }, (_, n) => {
      const [repository, tag] = [`team/service-${n % repositories}`, `v${n}`];
      const built = ["amd64", "arm64"].map((architecture) =>
        buildImage({
          layers: ["gzip", "gzip"],
          family: "oci",
          platform: { os: "linux", architecture },
          content: `${repository}:${tag} for ${architecture}`,
        }),
      );
      pushIndex(store, repository, tag, built, { attestations: true });
      return `${host}/${repository}:${tag}`;
    });
    stack.define(grouped(images, 1));
    await stack.preview("guard");
    return {
      figures: [
        atMost("calls of BatchGetImage in a preview", api.seen.length, 10, "calls"),
        atMost("calls that follow one another", longestChain(calls), 3, "round trips"),
        exactly("manifests and indexes asked for", api.seen.flatMap(idsOf).length, 2 * images.length, "ids"),
      ],
      remarks: [
        `Counted in one preview of the real engine, at a stand-in for the ECR API that takes ${latencyMs} ms for a call. Every image is an index, so that each repository is queried twice: for the tags, then for the manifests that their indexes name.`,
      ],
    };
  } finally {
    stack.remove();
    await api.stop();
  }
}

interface Call {
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
