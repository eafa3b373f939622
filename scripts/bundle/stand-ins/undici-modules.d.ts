// The package has no types of its inner modules.
declare module "undici/lib/api/api-connect" {
  import type { Client } from "undici";
  const connect: Client["connect"];
  export default connect;
}
declare module "undici/lib/core/connect" {
  import { buildConnector } from "undici";
  export default buildConnector;
}
declare module "undici/lib/dispatcher/client" {
  import { Client } from "undici";
  export default Client;
}
