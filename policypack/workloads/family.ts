import type { WorkloadImages } from "./image-use";

/** One kind of ECS resource, under the Pulumi types by which the classic AWS provider and aws-native know it. */
export interface WorkloadFamily {
  /** Pulumi type token → how its inputs (camelCase, as the SDK has them; possibly with unknown values) are read. Never throws. */
  readonly types: Readonly<Record<string, (props: unknown) => WorkloadImages>>;
}
