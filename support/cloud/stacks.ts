import type { PolicyPacks } from "./policies";
import { Refusal, type Route } from "./route";

/** The state of a stack that was never updated. */
const nothing = {
  version: 3,
  deployment: { manifest: { time: "0001-01-01T00:00:00Z", magic: "", version: "" } },
};

interface Stack {
  readonly projectName: string;
  readonly stackName: string;
  readonly tags: object;
  version: number;
  /** The state of its resources (`apitype.UntypedDeployment`). */
  deployment: object;
}

/** The stacks of an organization and their updates; each gets the packs that it must run. */
export class Stacks {
  /** Authorizes what an update sends while it runs. */
  readonly updateToken = "update-0123456789";
  readonly #stacks = new Map<string, Stack>();
  readonly #kinds: string[] = [];

  constructor(
    private readonly organization: string,
    private readonly policies: PolicyPacks,
  ) {}

  routes(): Route[] {
    const project = `/api/stacks/${this.organization}/([^/]+)`;
    const stack = `${project}/([^/]+)`;
    const update = `${stack}/update/(\\d+)`;
    return [
      {
        method: "HEAD",
        path: new RegExp(`^${project}$`),
        answer: ([name]) => {
          const known = [...this.#stacks.values()].some(({ projectName }) => projectName === name);
          return { status: known ? 200 : 404 };
        },
      },
      {
        method: "POST",
        path: new RegExp(`^${project}$`),
        answer: ([projectName = ""], body) => {
          const { stackName, tags = {} } = JSON.parse(body.toString()) as NewStack;
          const key = `${projectName}/${stackName}`;
          if (this.#stacks.has(key)) throw new Refusal(409, `Conflict: Stack '${stackName}' already exists`);
          this.#stacks.set(key, { projectName, stackName, tags, version: 0, deployment: nothing });
          return {};
        },
      },
      {
        method: "GET",
        path: new RegExp(`^${stack}$`),
        answer: (parts) => {
          const { projectName, stackName, tags, version } = this.#find(parts);
          const body = { id: stackName, orgName: this.organization, projectName, stackName, tags, version };
          return { body: { ...body, activeUpdate: "" } };
        },
      },
      {
        method: "GET",
        path: new RegExp(`^${stack}/export$`),
        answer: (parts) => ({ body: this.#find(parts).deployment }),
      },
      {
        method: "POST",
        path: new RegExp(`^${stack}/encrypt$`),
        // Base64 in, base64 out: nothing secret is in these stacks.
        answer: (_, body) => {
          const { plaintext } = JSON.parse(body.toString()) as { plaintext: string };
          return { body: { ciphertext: plaintext } };
        },
      },
      {
        method: "GET",
        path: new RegExp(`^${stack}/updates$`),
        answer: () => ({ body: { updates: [] } }),
      },
      {
        method: "POST",
        path: new RegExp(`^${stack}/(update|preview|destroy)$`),
        answer: (parts) => {
          this.#find(parts);
          const updateID = String(this.#kinds.push(parts[2] ?? "") - 1);
          return { body: { updateID, requiredPolicies: this.policies.required() } };
        },
      },
      {
        method: "POST",
        path: new RegExp(`^${update}$`),
        answer: (parts) => {
          const found = this.#find(parts);
          if (this.#kinds[Number(parts[2])] !== "preview") found.version += 1;
          return { body: { version: found.version, token: this.updateToken } };
        },
      },
      {
        method: "PATCH",
        path: new RegExp(`^${update}/checkpoint(verbatim)?$`),
        answer: (parts, body) => {
          const checkpoint = JSON.parse(body.toString()) as { untypedDeployment?: object };
          this.#find(parts).deployment = checkpoint.untypedDeployment ?? checkpoint;
          return {};
        },
      },
      {
        method: "POST",
        path: new RegExp(`^${update}/renew_lease$`),
        answer: () => ({ body: { token: this.updateToken } }),
      },
      {
        method: "POST",
        path: new RegExp(`^${stack}/decrypt/log-batch-decryption$`),
        answer: () => ({}),
      },
      { method: "POST", path: new RegExp(`^${update}/(?:events/batch|complete)$`), answer: () => ({}) },
    ];
  }

  #find([project = "", stack = ""]: readonly string[]): Stack {
    const found = this.#stacks.get(`${project}/${stack}`);
    if (found === undefined) throw new Refusal(404, `Not Found: Stack '${project}/${stack}' not found`);
    return found;
  }
}

interface NewStack {
  readonly stackName: string;
  readonly tags?: object;
}
