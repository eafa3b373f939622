import type { ECSClient, TaskDefinition } from "@aws-sdk/client-ecs";
import { type Clock, KeyedSemaphore, orAborted, systemClock, within } from "../common/concurrency";
import { limits } from "../common/limits";
import { failure, type Outcome, success } from "../common/outcome";
import { failureOf } from "./failures";
import type { AwsIdentity } from "./identity";
import type { Signal } from "../common/signal";

type Sdk = typeof import("./sdk");

/** Which task definition, where it is, and who reads it. */
export interface TaskDefinitionQuery {
  /** ARN, `family` or `family:revision`. */
  readonly name: string;
  readonly identity: AwsIdentity;
  /** Default: the one of the AWS environment or configuration files. */
  readonly region?: string;
}

/**
 * The task definitions of ECS: `DescribeTaskDefinition`, which takes one at a time. Each is read once. Nothing rejects: what goes wrong is a
 * failure of a known kind, in AWS's words.
 */
export class TaskDefinitions {
  readonly #turns = new KeyedSemaphore(limits.taskDefinitionsAtATime);
  readonly #clients = new Map<string, Promise<{ sdk: Sdk; client: ECSClient }>>();
  readonly #read = new Map<string, Promise<Outcome<TaskDefinition>>>();

  /** Calls of the API so far. */
  calls = 0;

  constructor(private readonly clock: Clock = systemClock) {}

  /** @param timeoutMs for this one, from when its turn comes */
  describe(query: TaskDefinitionQuery, timeoutMs: number): Promise<Outcome<TaskDefinition>> {
    const { name, identity, region } = query;
    const place = JSON.stringify([identity.key, region]);
    const key = JSON.stringify([place, name]);
    let read = this.#read.get(key);
    if (read === undefined) {
      const describe = (signal: Signal) => this.#describe(query, place, signal);
      read = this.#turns.during(place, () => within(timeoutMs, undefined, describe, this.clock));
      this.#read.set(key, read);
    }
    return read;
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#clients.values());
    this.#clients.clear();
    for (const one of opened) if (one.status === "fulfilled") one.value.client.destroy();
  }

  async #describe(
    { name, identity, region }: TaskDefinitionQuery,
    place: string,
    signal: Signal,
  ): Promise<Outcome<TaskDefinition>> {
    try {
      const opened = this.#clients.get(place) ?? open(identity, region);
      this.#clients.set(place, opened);
      const { sdk, client } = await opened;
      this.calls++;
      const command = new sdk.DescribeTaskDefinitionCommand({ taskDefinition: name });
      const { taskDefinition } = await orAborted(
        client.send(command, { abortSignal: signal.toAbortSignal() }),
        signal,
      );
      return taskDefinition === undefined
        ? failure("malformed", "ECS answered without a task definition")
        : success(taskDefinition);
    } catch (error) {
      return failureOf(error, identity.describe, "ECS");
    }
  }
}

async function open(
  identity: AwsIdentity,
  region: string | undefined,
): Promise<{ sdk: Sdk; client: ECSClient }> {
  // The HTTP library comes with it: a program that names no task definition does without.
  const { clientOptions, quietSdk } = await import("./sdk-http");
  quietSdk();
  const sdk = await import("./sdk");
  return { sdk, client: new sdk.ECSClient(clientOptions(identity, region)) };
}
