import {
  answers,
  basic,
  bearer,
  type Circumstance,
  configured,
  helper,
  isToken,
  needs,
  page,
  testAdvice,
  webPage,
} from "../../support/registry/circumstances";
import { entry } from "../../support/registry/logins";
import { sendError, sendJson } from "../../support/registry/registry";

const access = /read access/;
const push = /push the image|push it/i;

const circumstances: readonly Circumstance[] = [
  // Logins.
  {
    what: "a credential helper that is not installed",
    play: needs(
      basic,
      configured(() => ({ credsStore: "gone" })),
    ),
    says: /fix install docker-credential-gone, or remove it from the login file/,
    never: access,
  },
  {
    what: "a credential helper that is not installed, before a token service",
    play: needs(
      bearer,
      configured(() => ({ credsStore: "gone" })),
    ),
    says: /docker-credential-gone is not on PATH .*fix install docker-credential-gone/,
    never: access,
  },
  {
    what: "a credential helper that fails",
    play: needs(basic, helper("exit 1")),
    says: /fix see what this prints: echo 127\S+ \| docker-credential-x get/,
    never: access,
  },
  {
    what: "a credential helper that prints no JSON",
    play: needs(basic, helper("echo no")),
    says: /is not JSON.* fix see what this prints/,
    never: access,
  },
  {
    what: "a credential helper without a login for the registry",
    play: needs(basic, helper("echo 'credentials not found in native keychain'; exit 1")),
    says: /docker-credential-x, which has no login .*fix log in where Pulumi runs \(docker login 127/,
    never: access,
  },
  {
    what: "a login file that is not JSON",
    play: needs(
      basic,
      configured(() => "{"),
    ),
    says: /fix correct \S+config\.json, or log in again \(docker login 127/,
    never: access,
  },
  {
    what: "a login that is not base64",
    play: needs(
      bearer,
      configured((host) => ({ auths: { [host]: { auth: "%%" } } })),
    ),
    says: /fix correct \S+config\.json, or log in again/,
    never: access,
  },
  {
    what: "an identity token for a registry that requires a password",
    play: needs(
      basic,
      configured((host) => ({ auths: { [host]: { identitytoken: "t" } } })),
    ),
    says: /fix log in with a user name and password/,
    never: access,
  },
  {
    what: "a wrong password",
    play: needs(
      basic,
      configured((host) => ({ auths: { [host]: entry("helped") } })),
    ),
    says: /may be wrong or expired .*fix log in again where Pulumi runs/,
    never: /read access|push/,
  },
  {
    what: "a wrong password at a token service",
    play: needs(
      bearer,
      configured((host) => ({ auths: { [host]: entry("helped") } })),
    ),
    says: /does not accept the credentials .*fix log in again where Pulumi runs/,
    never: /read access|push/,
  },
  {
    what: "no login",
    play: needs(basic),
    says: /fix log in where Pulumi runs \(docker login 127/,
    never: push,
  },
  {
    what: "no login at a token service",
    play: needs(bearer),
    says: /fix log in where Pulumi runs \(docker login 127/,
    never: push,
  },
  {
    what: "a login without read access",
    play: needs(
      basic,
      configured((host) => ({ auths: { [host]: entry("helped") } })),
      answers(
        (response) => {
          sendError(response, 403, "DENIED", "no");
        },
        ({ headers }) => headers.authorization !== undefined,
      ),
    ),
    says: /fix give this login read access to the repository/,
    never: /docker login/,
  },
  {
    what: "a login scheme that the guard does not support",
    play: answers((response) => response.writeHead(401, { "www-authenticate": "Negotiate" }).end()),
    says: /fix have the registry offer Basic or Bearer authentication/,
    never: access,
  },
  // A server for browsers in the registry's place.
  {
    what: "a login page (SSO)",
    play: webPage(200),
    says: /answered with a web page, .*fix check the registry's host name and port\. .*login page \(SSO\) or a proxy/,
    never: /push|read access|report it to/,
  },
  {
    what: "a redirect to a login page (SSO)",
    play: answers((response, { url }) =>
      url === "/sso"
        ? response.writeHead(200, { "content-type": "text/html" }).end(page)
        : response.writeHead(302, { location: "/sso" }).end(),
    ),
    says: /login page \(SSO\) or a proxy/,
    never: /push|read access/,
  },
  {
    what: "a login page with HTTP 401",
    play: webPage(401),
    says: /login page \(SSO\)/,
    never: /push|read access/,
  },
  {
    what: "a proxy's page with HTTP 403",
    play: webPage(403),
    says: /denies access with a web page \(HTTP 403\).* fix .*a proxy or a firewall denies access/,
    never: /push|read access|docker login/,
  },
  {
    what: "a 404 page of a host that is not a registry",
    play: webPage(404),
    says: /fix check the registry's host name and port/,
    never: /push|Not found|has no tag/,
  },
  {
    what: "a proxy's page with HTTP 502",
    play: webPage(502),
    says: /fix try again later/,
    never: /push|access/,
  },
  {
    what: "a 404 without a registry's error",
    play: answers((response) => response.writeHead(404).end("404 page not found\n")),
    says: /fix push the image first, or correct its name; check too that 127\S+ is a registry/,
  },
  ...[200, 403, 404].map((status) => ({
    what: `a token service's page with HTTP ${status}`,
    play: needs(bearer, webPage(status, isToken)),
    says: /answered a request for a token with a web page .*fix a login page \(SSO\) or a proxy answered/,
    never: /push|read access|docker login/,
  })),
  {
    what: "a token service's denial with HTTP 404",
    play: needs(
      bearer,
      answers((response) => {
        sendError(response, 404, "NAME_UNKNOWN", "no such repository");
      }, isToken),
    ),
    says: /gives no token without credentials .*fix log in where Pulumi runs/,
    never: /realm|web page/,
  },
  {
    what: "a page of a proxy for plain http",
    play: (stage) => {
      Object.assign(process.env, { HTTP_PROXY: stage.registry.url, HTTPS_PROXY: stage.registry.url });
      return webPage(403)(stage);
    },
    image: "registry.test/app:1",
    options: ["--insecure-registry", "registry.test"],
    says: /fix .*a proxy or a firewall denies access: have registry\.test allowed there/,
    never: /push|read access|docker login/,
  },
  {
    what: "a token service's page with HTTP 503",
    play: needs(bearer, webPage(503, isToken)),
    says: /fix try again later/,
    never: /push|access/,
  },
  {
    what: "a token service without a token",
    play: needs(
      bearer,
      answers((response) => {
        sendJson(response, 200, {});
      }, isToken),
    ),
    says: /fix report this to the operator of the token service/,
    never: /push|access/,
  },
  {
    what: "a token service at an internal address",
    play: needs({ ...bearer, realm: "http://169.254.169.254/token" }),
    says: /fix correct the realm/,
    never: /Docker schema 2|push/,
  },
  {
    what: "a server that does not speak HTTP",
    play: answers((response) => response.socket?.end("SSH-2.0-OpenSSH_9\r\n")),
    says: /fix check the registry's host name and port/,
    never: /report it/,
  },
  // Requests that the registry refuses.
  {
    what: "a rate limit without a login",
    play: answers((response) => response.writeHead(429).end()),
    says: /fix try again later, log in for a higher limit, or configure a mirror/,
  },
  {
    what: "a rate limit in spite of a login",
    play: needs(
      basic,
      configured((host) => ({ auths: { [host]: entry("helped") } })),
      answers(
        (response) => response.writeHead(429).end(),
        ({ headers }) => headers.authorization !== undefined,
      ),
    ),
    says: /fix try again later, or configure a mirror/,
    never: /log in/,
  },
  {
    what: "a redirect to an internal address",
    play: answers((response) => response.writeHead(307, { location: "http://169.254.169.254/x" }).end()),
    says: /fix have the registry redirect to a public https address/,
    never: /Docker schema 2/,
  },
  {
    what: "a dead port",
    image: "127.0.0.1:1/app:1",
    says: /fix check its address and port, and that it runs/,
  },
];

describe("the advice on an image that could not be read", () => {
  testAdvice(circumstances);
});
