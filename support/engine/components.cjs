// A provider of remote components: `shop:index:Service` makes a task definition, as awsx's components do.
const { ComponentResource, CustomResource, output } = require("@pulumi/pulumi");
const provider = require("@pulumi/pulumi/provider");

class Service extends ComponentResource {
  constructor(name, { image }, options) {
    super("shop:index:Service", name, {}, options);
    const containerDefinitions = output(image).apply((known) =>
      JSON.stringify([{ name: "app", image: known }]),
    );
    const type = "aws:ecs/taskDefinition:TaskDefinition";
    new CustomResource(type, `${name}-task`, { family: name, containerDefinitions }, { parent: this });
  }
}

const construct = async (name, type, inputs, options) => {
  const service = new Service(name, inputs, options);
  return { urn: service.urn, state: {} };
};

provider.main({ version: "1.0.0", construct }, process.argv.slice(2));
