import type { ECRClient } from "@aws-sdk/client-ecr";
import { parseUrl } from "../common/text";
import { placeOf, type Trace } from "../common/trace";
import { awsWords } from "./failures";
import { type EcrHost, hostName } from "./ecr-hosts";
import type { AwsIdentity } from "./identity";
import { isRecord } from "../common/values";

/** Records every request of the SDK's client, each attempt of a retried call separately. */
export function traceCalls(client: ECRClient, trace: Trace): void {
  // The innermost place of the SDK's stack: what passes here is the request and the answer themselves.
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const started = performance.now();
      const tell = (status: number | null, failure: string | null): void => {
        trace.add({
          step: "request",
          ...requestOf(args.request),
          credentials: "aws-signature",
          operation: operationOf(context),
          status,
          redirect: null,
          failure,
          ms: Math.round(performance.now() - started),
        });
      };
      try {
        const result = await next(args);
        tell(statusOf(result.response), null);
        return result;
      } catch (error) {
        tell(null, words(error));
        throw error;
      }
    },
    { step: "deserialize", priority: "low", name: "ecsImageGuardTrace" },
  );
}

/** The same identity, which records when it has given credentials or failed to. */
export function tracedIdentity(identity: AwsIdentity, host: EcrHost, trace: Trace): AwsIdentity {
  const place = `the AWS identity ${identity.describe}`;
  const tell = (outcome: "used" | "fault", reason: string): void => {
    trace.add({ step: "credential", registry: hostName(host), places: [{ place, outcome, reason }] });
  };
  return {
    ...identity,
    credentials: async () => {
      const provider = await identity.credentials();
      return async (properties) => {
        try {
          const credentials = await provider(properties);
          const { accessKeyId, secretAccessKey, sessionToken = "" } = credentials;
          trace.conceal([accessKeyId, secretAccessKey, sessionToken]);
          tell("used", sourceOf("$source" in credentials ? credentials.$source : undefined));
          return credentials;
        } catch (error) {
          tell("fault", `gives no credentials: ${words(error)}`);
          throw error;
        }
      };
    },
  };
}

function words(error: unknown): string {
  return error instanceof Error ? awsWords(`${error.name}: ${error.message}`) : "an error without words";
}

/** The SDK's own marks on credentials (@aws-sdk/types, `feature-ids.ts`), in words. */
const sources: readonly (readonly [mark: RegExp, words: string])[] = [
  [/ASSUME_ROLE/, "an assumed role"],
  [/WEB_ID/, "a web identity"],
  [/SSO/, "IAM Identity Center (SSO)"],
  [/PROCESS/, "a credential process"],
  [/IMDS/, "the instance's role"],
  [/HTTP/, "the container's role"],
  [/ENV_VARS/, "environment variables"],
  [/LOGIN/, "aws login"],
  [/PROFILE/, "keys of a profile"],
  [/CODE/, "static keys"],
];

function sourceOf(marks: unknown): string {
  const names = isRecord(marks) ? Object.keys(marks).join() : "";
  return `by ${sources.find(([mark]) => mark.test(names))?.[1] ?? "its own keys"}`;
}

function requestOf(request: unknown): { method: string; scheme: string; host: string; path: string } {
  const part = (name: string) => (isRecord(request) ? request[name] : undefined);
  const [method, protocol, hostname, port, path] = ["method", "protocol", "hostname", "port", "path"].map(
    part,
  );
  const authority = `${String(hostname)}${typeof port === "number" ? `:${port}` : ""}`;
  const url = parseUrl(
    `${typeof protocol === "string" ? protocol : "https:"}//${authority}${typeof path === "string" ? path : "/"}`,
  );
  const place = url === undefined ? { scheme: "https", host: authority, path: "/" } : placeOf(url);
  return { method: typeof method === "string" ? method : "POST", ...place };
}

function operationOf(context: object): string | null {
  const name = "commandName" in context ? context.commandName : undefined;
  return typeof name === "string" ? name.replace(/Command$/, "") : null;
}

function statusOf(response: unknown): number | null {
  const status = isRecord(response) ? response["statusCode"] : undefined;
  return typeof status === "number" ? status : null;
}
