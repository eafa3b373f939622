import connect from "undici/lib/api/api-connect";
import Client from "undici/lib/dispatcher/client";

/** What our HTTP client uses of `undici`. Its index loads `fetch`, WebSocket, a cache, cookies, mocks and pools as well. */
export { default as buildConnector } from "undici/lib/core/connect";
export { Client };

// The index adds to every client its methods but `dispatch`; a tunnel through a proxy uses one of them.
Object.assign(Client.prototype, { connect });
