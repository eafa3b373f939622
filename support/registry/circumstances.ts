import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { runCli } from "../process/cli";
import { types } from "./documents";
import { buildImage, pushImage } from "./images";
import { Home } from "./logins";
import { TestRegistry } from "./registry";
import type { Access } from "./tokens";

/** What a message advises must fit the cause: of one kind of failure, each cause has another remedy. */
export interface Circumstance {
  readonly what: string;
  readonly play?: Play;
  /** Default: `app:1` in the registry. */
  readonly image?: string | ((host: string) => string);
  readonly options?: readonly string[];
  /** Of the report, with single spaces between its words. */
  readonly says: RegExp;
  readonly never?: RegExp;
}

export type Play = (stage: { readonly registry: TestRegistry; readonly home: Home }) => unknown;

export const good = buildImage({ layers: ["gzip"], family: "oci" });
export const basic: Access = { mode: "basic", username: "helped", password: "right" };
export const bearer = { mode: "bearer", login: { username: "helped", password: "right" } } as const;

export const page = "<!DOCTYPE html><html><head><title>Sign in</title></head></html>";
export const isToken = ({ url = "" }: IncomingMessage) => url.startsWith("/token");

/** Every answer, or those to the requests of a sort, is what `respond` writes. */
export const answers =
  (
    respond: (response: ServerResponse, request: IncomingMessage) => unknown,
    to: (request: IncomingMessage) => boolean = () => true,
  ): Play =>
  ({ registry }) => {
    registry.onRequest = (request, response) => {
      if (!to(request)) return false;
      respond(response, request);
      return true;
    };
  };
export const webPage = (status: number, to?: typeof isToken) =>
  answers((response) => response.writeHead(status, { "content-type": "text/html" }).end(page), to);
export const needs =
  (access: Access, ...more: Play[]): Play =>
  async (stage) => {
    stage.registry.access = access;
    pushImage(stage.registry, "app", "1", good);
    for (const play of more) await play(stage);
  };
export const configured =
  (config: (host: string) => object | string): Play =>
  ({ registry, home }) =>
    home.write(".docker/config.json", config(registry.host));
export const helper =
  (script: string): Play =>
  async ({ home }) => {
    await home.helper("x", script);
    await home.write(".docker/config.json", { credsStore: "x" });
  };
export const stored =
  (mediaType: string, document: object): Play =>
  ({ registry }) =>
    registry.putManifest("app", "1", mediaType, { schemaVersion: 2, mediaType, ...document });
export const blob = (mediaType: string) => ({ mediaType, digest: `sha256:${"1".repeat(64)}`, size: 10 });
export const artifact = (config: string, layer: string) =>
  stored(types.ociManifest, { config: blob(config), layers: [blob(layer)] });

/** A test for each circumstance, with a registry and a home folder of its own, through the command. */
export function testAdvice(circumstances: readonly Circumstance[]): void {
  let registry: TestRegistry;
  let home: Home;
  const environment = { ...process.env };
  beforeEach(async () => {
    registry = await TestRegistry.start();
    home = await Home.create();
    // Nothing of what a row names is contacted.
    Object.assign(process.env, home.env({ HTTPS_PROXY: "http://127.0.0.1:9", NO_PROXY: "" }));
  });
  afterEach(async () => {
    for (const name of ["HOME", "USERPROFILE", "PATH", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"]) {
      const old = environment[name];
      if (old === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = old;
    }
    await registry.stop();
    await home.remove();
  });
  for (const {
    what,
    play = () => undefined,
    image = (host: string) => `${host}/app:1`,
    options = [],
    says,
    never,
  } of circumstances)
    it(`fits ${what}`, async () => {
      await play({ registry, home });
      const name = typeof image === "string" ? image : image(registry.host);
      const { out, err } = await runCli(["inspect", name, "--no-cache", ...options]);
      const report = out.replaceAll(/\s+/g, " ");
      assert.equal(err, "");
      assert.match(report, says, out);
      if (never !== undefined) assert.doesNotMatch(report, never, out);
    });
}
