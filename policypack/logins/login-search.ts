// logins/ finds the login for a registry as docker and Podman do. This file has the order of the search; `docker-config.ts` reads the
// files, `login-key.ts` matches registries with entries, and `credential-helper.ts` runs helpers.
import { homedir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../common/concurrency";
import { printable } from "../common/text";
import type { SearchedPlace } from "../common/trace";
import { type Credential, CredentialError, type CredentialSource } from "./credential";
import { helperLogin, isHelperName } from "./credential-helper";
import { credentialOfEntry, type LoginConfig, parseLoginConfig, readLoginFile } from "./docker-config";
import { dockerKey, findDockerKey, findPodmanKey } from "./login-key";

export interface LoginOptions {
  /** Bounds the time of credential helpers. Default: the system's. */
  readonly clock?: Clock | undefined;
}

type RunHelper = (name: string, server: string) => Promise<Credential | undefined>;
type Find = (config: LoginConfig, registry: string, repository: string, run: RunHelper) => Promise<Found>;

interface Found {
  readonly credential: Credential | undefined;
  /** How it was found or not, as a predicate for the place. */
  readonly reason: string;
}

/**
 * The logins of the person or pipeline, the first that has one: `DOCKER_AUTH_CONFIG`, docker's config.json, then Podman's
 * auth.json. Each file is read and each helper run once, when it is first needed.
 *
 * The source throws a CredentialError if a login that may be the right one cannot be read, and no other was found.
 * Source: docker/cli `cli/config` (28 and later for DOCKER_AUTH_CONFIG); containers-auth.json(5).
 */
export function loginCredentials(
  env: NodeJS.ProcessEnv = process.env,
  { clock }: LoginOptions = {},
): CredentialSource {
  const logins = new Map<string, Promise<Credential | undefined>>();
  const run: RunHelper = (name, server) => {
    const key = JSON.stringify([name, server]);
    const login = logins.get(key) ?? helperLogin(name, server, { env, clock });
    logins.set(key, login);
    return login;
  };
  const places = placesOf(env);
  return async (registry, repository, tell = () => undefined) => {
    const searched: SearchedPlace[] = [];
    let credential: Credential | undefined;
    let fault: CredentialError | undefined;
    for (const { name: place, config, find } of places) {
      if (credential !== undefined) {
        searched.push({ place, outcome: "not-asked", reason: "is skipped: a login was already found" });
        continue;
      }
      try {
        const found = await find(await config(), registry, repository, run);
        credential = found.credential;
        const outcome = credential === undefined ? "none" : "used";
        searched.push({ place, outcome, reason: found.reason });
      } catch (error) {
        if (!(error instanceof CredentialError)) throw error;
        const fix = error.fix ?? `correct ${place}, or log in again (docker login ${printable(registry)})`;
        fault ??= new CredentialError(error.message, fix);
        searched.push({ place, outcome: "fault", reason: `could not be used: ${error.message}` });
      }
    }
    tell({ places: searched });
    if (credential === undefined && fault !== undefined) throw fault;
    return credential;
  };
}

interface LoginLocation {
  /** In words. */
  readonly name: string;
  readonly config: () => Promise<LoginConfig>;
  readonly find: Find;
}

function placesOf(env: NodeJS.ProcessEnv): readonly LoginLocation[] {
  const inline = env["DOCKER_AUTH_CONFIG"] ?? "";
  const home = env[process.platform === "win32" ? "USERPROFILE" : "HOME"] || homedir();
  const dockerFile = join(env["DOCKER_CONFIG"] || join(home, ".docker"), "config.json");
  return [
    {
      name: "DOCKER_AUTH_CONFIG",
      // docker knows only `auths` in it, GitLab the whole of a config.json; both put it before the file.
      config: once(() => Promise.resolve().then(() => inlineConfig(inline))),
      find: findDockerLogin,
    },
    { name: printable(dockerFile), config: once(() => readLoginFile(dockerFile)), find: findDockerLogin },
    ...podmanFiles(env, home).map((path) => ({
      name: printable(path),
      config: once(() => readLoginFile(path)),
      find: findPodmanLogin,
    })),
  ];
}

function inlineConfig(text: string): LoginConfig {
  const config = parseLoginConfig(text, "DOCKER_AUTH_CONFIG");
  return text === "" ? { ...config, absence: "is not set" } : config;
}

/** containers/image `pkg/docker/config/config.go`, `getAuthFilePaths`: a file named by the user is the only one. */
function podmanFiles(env: NodeJS.ProcessEnv, home: string): readonly string[] {
  const named = env["REGISTRY_AUTH_FILE"] ?? "";
  if (named !== "") return [named];
  const folders = [env["XDG_RUNTIME_DIR"] ?? "", env["XDG_CONFIG_HOME"] || join(home, ".config")];
  return folders.filter((folder) => folder !== "").map((folder) => join(folder, "containers", "auth.json"));
}

/**
 * A helper takes the place of `auths`: what it does not find is not searched there (docker/cli `native_store.go`).
 * A registry's own helper comes before the common one, and an empty name means none (`getConfiguredCredentialStore`).
 */
const findDockerLogin: Find = async (config, registry, _repository, run) => {
  const server = dockerKey(registry);
  const own = config.credHelpers.get(server);
  const helper = own === undefined ? config.credsStore : own;
  if (helper !== "" && helper !== null) return loginOf(helperName(helper, config), server, run);
  return entryOf(config, findDockerKey(config.auths, registry), registry);
};

/** Podman knows no `credsStore` in its files. */
const findPodmanLogin: Find = async (config, registry, repository, run) => {
  const helper = config.credHelpers.get(registry) ?? "";
  if (helper !== "") return loginOf(helperName(helper, config), registry, run);
  return entryOf(config, findPodmanKey(config.auths, registry, repository), registry);
};

async function loginOf(helper: string, server: string, run: RunHelper): Promise<Found> {
  const credential = await run(helper, server);
  const what = `docker-credential-${printable(helper, 60)}`;
  const reason =
    credential === undefined
      ? `uses the helper ${what}, which has no login for ${printable(server)}`
      : `its helper ${what}: ${kindOf(credential)}`;
  return { credential, reason };
}

function entryOf(config: LoginConfig, key: string | undefined, registry: string): Found {
  const shown = printable(registry);
  // The key itself is not shown: it is a URL at times, and may hold a password.
  const what = `the entry for ${shown} in ${config.origin}`;
  const credential = key === undefined ? undefined : credentialOfEntry(config.auths.get(key), what);
  if (credential !== undefined)
    return { credential, reason: `its entry for ${shown}: ${kindOf(credential)}` };
  const missing =
    key === undefined ? `has no login for ${shown}` : `has an entry without a login for ${shown}`;
  return { credential, reason: config.absence ?? missing };
}

function kindOf(credential: Credential): string {
  return "identityToken" in credential ? "an identity token" : "a user name and password";
}

function helperName(helper: unknown, config: LoginConfig): string {
  if (typeof helper === "string" && isHelperName(helper)) return helper;
  throw new CredentialError(
    `${config.origin} names a credential helper that is not of letters, digits, ".", "_" and "-"`,
  );
}

/** Does the work on the first call only. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}
