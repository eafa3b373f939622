import assert from "node:assert/strict";
import { member, redactedSecret, unproxied } from "../../policypack/common/values";
import { role, subnet } from "../../policypack/program/kinds";
import { Program, type Resource } from "../../policypack/program/program";
import { previewed, UNKNOWN } from "../../support/pulumi/previewed";

const attachment = { types: ["aws:iam/rolePolicyAttachment:RolePolicyAttachment"] };
const resource = (type: string, name: string, rest: Partial<Resource> = {}): Resource => ({
  urn: `urn:${type}:${name}`,
  type,
  name,
  inputs: {},
  outputs: {},
  ignoreChanges: [],
  dependencies: [],
  propertyDependencies: {},
  isLeftOut: false,
  ...rest,
});

const roleType = "aws:iam/role:Role";
const arn = "arn:aws:iam::1:role/path/web";
const targets = [
  resource(roleType, "created", { inputs: { name: "web" } }),
  resource(roleType, "nameless"),
  resource(roleType, "existing", { inputs: { name: "web" }, outputs: { arn } }),
  resource(roleType, "other", { inputs: { name: "api" }, outputs: { arn: "arn:aws:iam::1:role/api" } }),
];
const others = [resource("aws:s3/bucket:Bucket", "bucket")];
const from = (...names: string[]) => ({
  inputs: { role: UNKNOWN.string },
  propertyDependencies: {
    role: [...targets, ...others].filter(({ name }) => names.includes(name)).map(({ urn }) => ({ urn })),
  },
});
const holders = Object.entries({
  absent: {},
  "of a name": { inputs: { role: "web" } },
  "of another name": { inputs: { role: "worker" } },
  "of an ARN": { inputs: { role: arn } },
  "of an ARN without a path": { inputs: { role: "arn:aws:iam::1:role/web" } },
  "of a number": { inputs: { role: 1 } },
  "of a redacted name": { inputs: { role: redactedSecret } },
  "unknown, of one": from("created"),
  "unknown, of two": from("created", "nameless"),
  "unknown, of one and something else": from("created", "bucket"),
  "unknown, of something else": from("bucket"),
  "unknown, of nothing": from(),
  "left to others": { ...from("created"), ignoreChanges: ["role"] },
  "left out": { ...from("created"), isLeftOut: true },
}).map(([name, rest]) => resource(attachment.types[0]!, name, rest));

describe("the resources of a program that may name another", () => {
  const program = new Program([...targets, ...others, ...holders]);

  for (const target of targets)
    it(`are all but those that certainly do not: a role that is ${target.name}`, () => {
      const compared = holders
        .map((holder) => [holder.name, program.relation(holder, "role", target, role)])
        .filter(([, relation]) => relation !== "not")
        .sort();
      const found = program
        .related(attachment, "role", target, role)
        .map((one) => [one.resource.name, one.relation])
        .sort();
      assert.deepEqual(found, compared);
      assert.ok(found.length > 0 && found.length < holders.length);
    });

  it("name a kind that AWS alone names by its id", () => {
    const type = "aws:ec2/subnet:Subnet";
    const subnets = [resource(type, "a", { outputs: { id: "subnet-a" } }), resource(type, "new")];
    const user = resource(attachment.types[0]!, "user", { inputs: { subnetId: "subnet-a" } });
    const small = new Program([...subnets, user]);
    assert.deepEqual(small.link(user, "subnetId", subnet), { state: "found", resource: subnets[0] });
    assert.deepEqual(small.related(attachment, "subnetId", subnets[1]!, subnet), []);
  });
});

describe("a resource's properties without the SDK's proxy", () => {
  const props = { list: [{ id: UNKNOWN.string }], __getSpecialProxyTarget: "mine" };

  it("are the object itself, in which unknown values are still seen", () => {
    const bare = unproxied(previewed(props));
    assert.equal(bare, props);
    assert.deepEqual(member(props.list[0], "id"), { state: "unknown" });
  });

  it("are left as they are if there is no proxy", () => {
    const posing = { __isSpecialProxy: true, __getSpecialProxyTarget: {} };
    for (const one of [props, posing, [], null, "text"]) assert.equal(unproxied(one), one);
  });
});
