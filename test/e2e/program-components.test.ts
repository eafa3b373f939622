import assert from "node:assert/strict";
import { ComponentResource, type Output, output, secret } from "@pulumi/pulumi";
import { definitions } from "../../policypack/policies";
import { AnyResource } from "../../support/engine/engine";
import { ecrImage, executionPolicy, trust } from "../../support/engine/fragments";
import { engineStacks } from "../../support/engine/stacks";

/** No image is looked up: only what the program says is judged. */
const configs = [Object.fromEntries(definitions.map(({ name }) => [name, { enforcementLevel: "disabled" }]))];

/** A component with an execution role. */
class ExecutionRole extends ComponentResource {
  readonly arn: Output<string>;

  constructor(name: string, { trusts = "ecs-tasks.amazonaws.com", isAttached = true } = {}) {
    super("shop:index:ExecutionRole", name);
    const parent = { parent: this };
    const assumeRolePolicy = JSON.stringify(trust(trusts));
    const role = new AnyResource("aws:iam/role:Role", name, { assumeRolePolicy, arn: undefined }, parent);
    const attachment = { role: role.id, policyArn: executionPolicy };
    if (isAttached)
      new AnyResource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", name, attachment, parent);
    this.arn = arnOf(role);
    this.registerOutputs({ arn: this.arn });
  }
}

/** A component with two subnets, whose ids it gives as one output. */
class Network extends ComponentResource {
  readonly vpcId: Output<string>;
  readonly subnetIds: Output<string[]>;

  constructor(name: string, target: "nat" | "internet") {
    super("shop:index:Network", name);
    const any = (type: string, as: string, props: object) =>
      new AnyResource(`aws:ec2/${type}`, `${name}-${as}`, { ...props }, { parent: this });
    const { id: vpcId } = any("vpc:Vpc", "vpc", { cidrBlock: "10.0.0.0/16" });
    const route =
      target === "nat"
        ? { natGatewayId: any("natGateway:NatGateway", "nat", { subnetId: "subnet-public" }).id }
        : { gatewayId: any("internetGateway:InternetGateway", "igw", { vpcId }).id };
    const ids = [0, 1].map((zone) => {
      const { id: subnetId } = any("subnet:Subnet", `${zone}`, { vpcId, cidrBlock: `10.0.${zone}.0/24` });
      const { id: routeTableId } = any("routeTable:RouteTable", `${zone}`, { vpcId });
      any("route:Route", `${zone}`, { routeTableId, destinationCidrBlock: "0.0.0.0/0", ...route });
      any("routeTableAssociation:RouteTableAssociation", `${zone}`, { routeTableId, subnetId });
      return subnetId;
    });
    this.vpcId = vpcId;
    this.subnetIds = output(ids);
    this.registerOutputs({ subnetIds: this.subnetIds });
  }
}

function arnOf(resource: AnyResource): Output<string> {
  return Reflect.get(resource, "arn") as Output<string>;
}

function service(name: string, { vpcId, subnetIds }: Network, role: ExecutionRole): void {
  const egress = [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] }];
  const group = new AnyResource("aws:ec2/securityGroup:SecurityGroup", name, { vpcId, egress });
  const task = new AnyResource("aws:ecs/taskDefinition:TaskDefinition", name, {
    family: name,
    requiresCompatibilities: ["FARGATE"],
    executionRoleArn: secret(role.arn),
    containerDefinitions: JSON.stringify([{ name: "app", image: ecrImage }]),
    arn: undefined,
  });
  const networkConfiguration = { subnets: subnetIds, securityGroups: [group.id] };
  const props = { launchType: "FARGATE", taskDefinition: arnOf(task), networkConfiguration };
  new AnyResource("aws:ecs/service:Service", name, props, { aliases: [{ name: `old-${name}` }] });
}

describe("with the real Pulumi engine, a program of components, secrets and aliases", function () {
  this.timeout(120_000);
  const engineStack = engineStacks();

  it("is reported where a link is broken, and nowhere else", async () => {
    const stack = await engineStack(() => {
      const network = new Network("private", "nat");
      const role = new ExecutionRole("good");
      service("good", network, role);
      service("untrusted", network, new ExecutionRole("bad", { trusts: "ec2.amazonaws.com" }));
      service("unpermitted", network, new ExecutionRole("bare", { isAttached: false }));
      service("public", new Network("public", "internet"), role);
    });
    const { violations, output: printed } = await stack.preview({ configs });
    assert.deepEqual(
      violations
        .map(
          ({ policyName, enforcementLevel, resourceUrn = "" }) =>
            `${policyName} ${enforcementLevel} ${resourceUrn.split("::").at(-1) ?? ""}`,
        )
        .sort(),
      [
        "execution-role mandatory unpermitted",
        "execution-role mandatory untrusted",
        "task-network mandatory public",
      ],
      printed,
    );
  });
});
