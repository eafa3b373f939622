"use strict";
/**
 * What the guard uses of undici (`index.js`): connections that it opens itself. undici's own index loads fetch, WebSockets, mocks, caches and
 * interceptors with it.
 */
const Dispatcher = require("undici/lib/dispatcher/dispatcher");
const connect = require("undici/lib/api/api-connect");

Object.assign(Dispatcher.prototype, { connect });

module.exports = {
  Client: require("undici/lib/dispatcher/client"),
  buildConnector: require("undici/lib/core/connect"),
};
