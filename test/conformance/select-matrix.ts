import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Platform } from "../../policypack/oci/platform";
import { type Prediction, predictPulls, type RuntimeName } from "../../policypack/runtimes/predict";
import { Document, type PullSource } from "../../policypack/runtimes/pull";

/** What eleven runtimes' own code took from the documents of each case; see `select-matrix.md`. */
interface Matrix {
  readonly cases: readonly Case[];
}

export interface Case {
  readonly name: string;
  readonly kind: string;
  readonly root: string;
  readonly documents: Readonly<Record<string, Served>>;
  readonly results: Readonly<Record<string, readonly Outcome[]>>;
}

interface Served {
  readonly mediaType: string;
  readonly at: "manifest" | "blob";
  readonly text?: string;
  readonly bytes?: string;
  readonly digest: string;
}

interface Outcome {
  readonly runtimes: readonly string[];
  readonly takes?: { readonly manifest: string };
  readonly refuses?: { readonly error: string };
}

export const matrix = JSON.parse(readFileSync(join(__dirname, "select-matrix.json"), "utf8")) as Matrix;

/** The releases of the matrix that speak for our runtimes. */
const releases: Readonly<Partial<Record<RuntimeName, string>>> = {
  "containerd-1.6": "containerd-1.6.38",
  "containerd-1.7": "containerd-1.7.35",
  "containerd-2.0": "containerd-2.0.14",
  "containerd-2.3": "containerd-2.3.7",
  "dockerd-20.10": "dockerd-20.10.27",
  "dockerd-23": "dockerd-23.0.18",
  "dockerd-29-containerd-store": "docker-29-store",
};

/** One runtime, on one level of the processor if that matters, one case and one platform. */
export interface Row {
  readonly case: Case;
  readonly platform: string;
  readonly runtime: RuntimeName;
  readonly level: string;
  /** The digest of the manifest that the runtime took; null if it refused. */
  readonly expected: string | null;
  readonly error: string | undefined;
  /** Undefined if the guard could not tell. */
  readonly predicted: Prediction | undefined;
}

export class NotServed extends Error {}

/** The documents of a case as the registry of the matrix serves them: each at one endpoint only. */
export function sourceOf({ documents }: Case): { root(name: string): Document; source: PullSource } {
  const all = Object.values(documents);
  const find = (digest: string, at: Served["at"]): Document => {
    const served = all.find((one) => one.digest === digest && one.at === at);
    if (served === undefined) throw new NotServed(digest);
    return documentOf(served);
  };
  const cache = new Map<string, Document>();
  const once = (digest: string, at: Served["at"]): Document => {
    const known = cache.get(at + digest) ?? find(digest, at);
    cache.set(at + digest, known);
    return known;
  };
  return {
    root: (name) => {
      const served = documents[name];
      if (served === undefined) throw new Error(`no document ${name}`);
      return documentOf(served);
    },
    source: {
      child: ({ digest }) => Promise.resolve().then(() => once(digest, "manifest")),
      layers: (manifest) => Promise.resolve(manifest.layers ?? []),
      config: (_, { config }) => Promise.resolve().then(() => once(config.digest, "blob")),
    },
  };
}

function documentOf({ mediaType, text, bytes, digest }: Served): Document {
  return new Document(
    mediaType,
    digest,
    Buffer.from(text ?? bytes ?? "", text === undefined ? "base64" : "utf8"),
  );
}

/** Every row of a case that one of our runtimes speaks for, with what the guard predicts. */
export async function rowsOf(one: Case): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [platform, outcomes] of Object.entries(one.results)) {
    if (!platform.startsWith("linux/")) continue;
    const served = sourceOf(one);
    const { source } = served;
    const { predictions } = await predictPulls(served.root(one.root), platformOf(platform), source);
    for (const [runtime, release] of Object.entries(releases) as [RuntimeName, string][]) {
      const levels =
        platform === "linux/amd64" && ["dockerd-23", "dockerd-29-containerd-store"].includes(runtime)
          ? ["v2", "v3", "v4"]
          : [""];
      for (const level of levels) {
        const outcome = outcomes.find(({ runtimes }) =>
          runtimes.some((name) => name === release || name === `${release}@${level}`),
        );
        if (outcome === undefined) continue;
        const taken = outcome.takes?.manifest;
        const predicted = predictions.find(
          (prediction) =>
            prediction.runtime === runtime &&
            (prediction.host === undefined || prediction.host === `amd64/${level}`),
        );
        rows.push({
          case: one,
          platform,
          runtime,
          level,
          expected: taken === undefined ? null : (one.documents[taken]?.digest ?? taken),
          error: outcome.refuses?.error,
          predicted,
        });
      }
    }
  }
  return rows;
}

export function agrees({ expected, predicted }: Row): boolean {
  if (predicted === undefined) return false;
  return predicted.pulls ? predicted.manifest === expected : expected === null;
}

function platformOf(text: string): Platform {
  const [os = "", architecture = ""] = text.split("/");
  return { os, architecture };
}
