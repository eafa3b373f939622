import { renderSteps } from "../../policypack/cli/explain";
import { Inspector, type InspectorOptions } from "../../policypack/inspection/inspector";
import { TraceLog, type TraceStep } from "../../policypack/common/trace";

export type StepOf<K extends TraceStep["step"]> = Extract<TraceStep, { step: K }>;

export interface Explained {
  readonly inspection: Awaited<ReturnType<Inspector["inspect"]>>;
  readonly steps: readonly TraceStep[];
  of<K extends TraceStep["step"]>(kind: K): StepOf<K>[];
  /** Each request as `METHOD path status credentials`. */
  readonly requests: readonly string[];
  /** What a person sees. */
  readonly text: string;
}

/** Inspects an image for linux/amd64 and keeps the recorded steps. */
export async function explain(image: string, options: InspectorOptions = {}): Promise<Explained> {
  const trace = new TraceLog();
  const inspector = new Inspector({ ...options, trace });
  try {
    const inspection = await inspector.inspect(image, { os: "linux", architecture: "amd64" });
    const { steps } = trace;
    const of = <K extends TraceStep["step"]>(kind: K) =>
      steps.filter((step): step is StepOf<K> => step.step === kind);
    const requests = of("request").map(
      ({ method, path, status, credentials }) => `${method} ${path} ${status ?? "-"} ${credentials}`,
    );
    return { inspection, steps, of, requests, text: renderSteps(image, steps) };
  } finally {
    await inspector.close();
  }
}
