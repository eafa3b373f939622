// A stand-in for an AWS provider: it creates nothing, but notes what it was asked to create.
const { appendFileSync } = require("node:fs");
const { setInterval } = require("node:timers");
const provider = require("@pulumi/pulumi/provider");

const [name] = process.argv.slice(2, 3);
process.argv.splice(2, 1);
const created = process.env.ECS_IMAGE_GUARD_CREATED;

/** Like the real one, a repository tells its URL only once it is there. */
function outputsOf(urn, inputs) {
  return urn.includes("ecr/repository:Repository") ? { ...inputs, repositoryUrl: inputs.url } : { ...inputs };
}

const standIn = {
  version: "7.0.0",
  check: async (urn, olds, news) => ({ inputs: news, failures: [] }),
  diff: async (id, urn, olds, news) => ({ changes: JSON.stringify(olds) !== JSON.stringify(news) }),
  create: async (urn, inputs) => {
    const resource = urn.split("::").at(-1);
    if (created !== undefined) appendFileSync(created, `${resource}\n`);
    return { id: `${name}-${resource}`, outs: outputsOf(urn, inputs) };
  },
  update: async (id, urn, olds, news) => ({ outs: outputsOf(urn, news) }),
  read: async (id, urn, props) => ({ id, props }),
  delete: async () => undefined,
};

provider.main(standIn, process.argv.slice(2));

// An engine that is killed does not end its providers.
const engine = process.ppid;
setInterval(() => {
  if (process.ppid !== engine) process.exit();
}, 500).unref();
