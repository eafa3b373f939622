import { createRequire } from "node:module";
import type * as Undici from "undici";

/** What we use of the HTTP library. */
type Parts = Pick<typeof Undici, "buildConnector" | "Client" | "errors">;

const load = createRequire(__filename);

/**
 * undici's own entry loads fetch, WebSockets, caches and much else first, which takes three times as long as the client for
 * HTTP/1.1 alone: 40 ms more for every run that meets an image. It has no entry for its parts, so where a version keeps
 * them elsewhere, the whole is loaded.
 */
function loadParts(): Parts {
  try {
    const Client = load("undici/lib/dispatcher/client.js") as Parts["Client"];
    // The entry gives the methods of its API to all dispatchers.
    Client.prototype.request = load("undici/lib/api/api-request.js") as Undici.Client["request"];
    return {
      Client,
      buildConnector: load("undici/lib/core/connect.js") as Parts["buildConnector"],
      errors: load("undici/lib/core/errors.js") as Parts["errors"],
    };
  } catch {
    return load("undici") as Parts;
  }
}

export const { Client, buildConnector, errors } = loadParts();
