// A stand-in for an AWS provider: it creates nothing, but notes what it was asked to create. It shows what AWS computes as unknown in the
// preview of a creation, as the real one does.
const { appendFileSync } = require("node:fs");
const { setInterval } = require("node:timers");
const grpc = require("@grpc/grpc-js");
const provider = require("@pulumi/pulumi/provider");
const { checked, outputsOf } = require("./computed.cjs");
/** Provider → type → its properties, as far as programs in YAML use them. */
const schemas = require("./schemas.json");

const [name] = process.argv.slice(2, 3);
process.argv.splice(2, 1);
const created = process.env.ECS_IMAGE_GUARD_CREATED;

/** Whether the call that is being answered belongs to a preview: Pulumi's SDK for providers does not pass it on. */
let preview = false;

/** Like the real one, a repository tells its URL only once it is there: the one that the program gives it, if it does. */
function outputs(urn, inputs) {
  if (urn.includes("ecr/repository:Repository") && inputs.url !== undefined)
    return preview ? inputs : { ...inputs, repositoryUrl: inputs.url };
  return outputsOf(urn, inputs, { preview });
}

/** The host for YAML reads the schema of every type that a program names. */
function schema() {
  const anything = (names) => Object.fromEntries(names.map((key) => [key, { $ref: "pulumi.json#/Any" }]));
  const resources = Object.entries(schemas[name] ?? {}).map(([type, names]) => [
    type,
    { inputProperties: anything(names), properties: anything(names) },
  ]);
  return JSON.stringify({ name, version: "7.0.0", resources: Object.fromEntries(resources) });
}

const standIn = {
  version: "7.0.0",
  getSchema: async () => schema(),
  check: async (urn, olds, news) => ({ inputs: checked(urn, news), failures: [] }),
  diff: async (id, urn, olds, news) => ({
    changes: Object.keys(news).some((key) => differs(olds, news, key)),
  }),
  create: async (urn, inputs) => {
    const resource = urn.split("::").at(-1);
    if (created !== undefined && !preview) appendFileSync(created, `${resource}\n`);
    const outs = outputs(urn, inputs);
    return { id: preview ? "" : typeof outs.id === "string" ? outs.id : `${name}-${resource}`, outs };
  },
  update: async (id, urn, olds, news) => ({ outs: { ...olds, ...news } }),
  read: async (id, urn, props) => ({ id, props: { ...outputsOf(urn, props, { preview: false }), id } }),
  delete: async () => undefined,
};

const differs = (olds, news, key) => JSON.stringify(olds[key]) !== JSON.stringify(news[key]);

const addService = grpc.Server.prototype.addService;
grpc.Server.prototype.addService = function (service, server) {
  const create = server.create.bind(server);
  const configure = server.configure.bind(server);
  server.create = (call, callback) => {
    preview = call.request.getPreview(); // The provider's own function runs before anything is awaited.
    return create(call, callback);
  };
  server.configure = (call, callback) =>
    configure(call, (error, response) => {
      response?.setSupportspreview(true);
      callback(error, response);
    });
  return addService.call(this, service, server);
};

provider.main(standIn, process.argv.slice(2));

// An engine that is killed does not end its providers.
const engine = process.ppid;
setInterval(() => {
  if (process.ppid !== engine) process.exit();
}, 500).unref();
