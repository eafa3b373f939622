import assert from "node:assert/strict";
import { Refusal, type Route } from "./route";

/** What the CLI sends for a policy when it publishes (`apitype.Policy`). */
export interface PublishedPolicy {
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly enforcementLevel: string;
  readonly severity?: string;
  readonly framework?: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
  readonly remediationSteps?: string;
  readonly url?: string;
  readonly configSchema?: { readonly type: string; readonly properties?: object };
}

/** What the CLI sends for a pack when it publishes (`apitype.CreatePolicyPackRequest`). */
export interface PublishedPack {
  readonly name: string;
  readonly displayName: string;
  readonly versionTag: string;
  readonly description?: string;
  readonly readme?: string;
  readonly provider?: string;
  readonly tags?: readonly string[];
  readonly repository?: string;
  readonly runtime?: string;
  readonly policies: readonly PublishedPolicy[];
}

interface Version {
  readonly number: number;
  readonly pack: PublishedPack;
  tarball: Buffer | undefined;
  complete: boolean;
}

/** A pack that a policy group has enabled (`apitype.PolicyPackMetadata`). */
interface Enabled {
  readonly name: string;
  readonly versionTag: string;
  readonly config: object;
}

const groupOfAll = "default-policy-group";

/** The policy packs of an organization, and its default policy group, which all its stacks belong to. */
export class PolicyPacks {
  readonly #versions: Version[] = [];
  readonly #enabled = new Map<string, Enabled>();

  constructor(
    private readonly organization: string,
    private readonly url: () => string,
  ) {}

  /** The versions that were published to the end, oldest first. */
  published(): readonly { readonly pack: PublishedPack; readonly tarball: Buffer }[] {
    return this.#versions.flatMap(({ pack, tarball, complete }) =>
      complete && tarball !== undefined ? [{ pack, tarball }] : [],
    );
  }

  /** What each stack must run (`apitype.RequiredPolicy`). */
  required(): object[] {
    return [...this.#enabled.values()].map(({ name, versionTag, config }) => {
      const { number, pack } = this.#find(name, versionTag);
      const packLocation = `${this.url()}/storage/${number}`;
      return { name, version: number, versionTag, displayName: pack.displayName, packLocation, config };
    });
  }

  routes(): Route[] {
    const organization = `/api/orgs/${this.organization}`;
    const version = `${organization}/policypacks/([^/]+)/versions/([^/]+)`;
    return [
      {
        method: "POST",
        path: new RegExp(`^${organization}/policypacks$`),
        answer: (_, body) => {
          const pack = JSON.parse(body.toString()) as PublishedPack;
          if (this.#versions.some((known) => sameVersion(known, pack.name, pack.versionTag)))
            throw new Refusal(409, `Conflict: Version ${pack.versionTag} already exists.`);
          const number = this.#versions.length + 1;
          this.#versions.push({ number, pack, tarball: undefined, complete: false });
          const requiredHeaders = { "x-storage-class": "packs" };
          return { body: { version: number, uploadURI: `${this.url()}/storage/${number}`, requiredHeaders } };
        },
      },
      {
        method: "PUT",
        path: /^\/storage\/(\d+)$/,
        answer: ([number], body, headers) => {
          assert.equal(headers["x-storage-class"], "packs");
          this.#numbered(number).tarball = body;
          return {};
        },
      },
      {
        method: "GET",
        path: /^\/storage\/(\d+)$/,
        answer: ([number]) => ({ body: this.#numbered(number).tarball ?? Buffer.alloc(0) }),
      },
      {
        method: "POST",
        path: new RegExp(`^${version}/complete$`),
        answer: ([name, tag]) => {
          this.#find(name, tag, true).complete = true;
          return {};
        },
      },
      {
        // The CLI reads back what it published, and the group that it changed.
        method: "GET",
        path: new RegExp(`^${version}$`),
        answer: ([name, tag]) => {
          const { number, pack } = this.#find(name, tag);
          return { body: { ...pack, version: number, applied: this.#enabled.has(pack.name) } };
        },
      },
      {
        method: "GET",
        path: new RegExp(`^${organization}/policygroups/${groupOfAll}$`),
        answer: () => {
          const appliedPolicyPacks = [...this.#enabled.values()];
          return { body: { name: groupOfAll, isOrgDefault: true, stacks: [], appliedPolicyPacks } };
        },
      },
      {
        method: "GET",
        path: new RegExp(`^${version}/schema$`),
        answer: ([name, tag]) => {
          const { policies } = this.#find(name, tag).pack;
          return {
            body: { configSchema: Object.fromEntries(policies.map((p) => [p.name, p.configSchema])) },
          };
        },
      },
      {
        method: "PATCH",
        path: new RegExp(`^${organization}/policygroups/${groupOfAll}$`),
        answer: (_, body) => {
          this.#update(JSON.parse(body.toString()) as GroupUpdate);
          return {};
        },
      },
    ];
  }

  /** A pack that is enabled again takes the place of its former version and configuration. */
  #update({ addPolicyPack: add, removePolicyPack: remove }: GroupUpdate): void {
    if (add !== undefined) {
      const { name, versionTag = "", config = {} } = add;
      const latest = this.published().findLast(({ pack }) => pack.name === name)?.pack.versionTag ?? "";
      const { pack } = this.#find(name, versionTag === "" ? latest : versionTag);
      this.#enabled.set(name, { name, versionTag: pack.versionTag, config });
    }
    if (remove !== undefined && !this.#enabled.delete(remove.name))
      throw new Refusal(404, `Not Found: ${remove.name} is not enabled`);
  }

  #find(name = "", tag = "", unfinished = false): Version {
    const found = this.#versions.find((known) => sameVersion(known, name, tag));
    if (found === undefined || !(found.complete || unfinished))
      throw new Refusal(404, `Not Found: Policy Pack '${name}' ${tag}`);
    return found;
  }

  #numbered(number = ""): Version {
    const found = this.#versions.find((known) => String(known.number) === number);
    if (found === undefined) throw new Refusal(404, "Not Found");
    return found;
  }
}

interface GroupUpdate {
  readonly addPolicyPack?: { readonly name: string; readonly versionTag?: string; readonly config?: object };
  readonly removePolicyPack?: { readonly name: string };
}

function sameVersion({ pack }: Version, name: string, tag: string): boolean {
  return pack.name === name && pack.versionTag === tag;
}
