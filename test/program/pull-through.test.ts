import assert from "node:assert/strict";
import { parseEcrHost } from "../../policypack/aws/ecr-hosts";
import { type PullThroughRule, upstreamOf } from "../../policypack/aws/pull-through";
import { mayBeOf, pullThroughRuleOf } from "../../policypack/program/pull-through";
import { previewed, UNKNOWN } from "../../support/pulumi/previewed";

const classic = "aws:ecr/pullThroughCacheRule:PullThroughCacheRule";
const ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
const other = "210987654321.dkr.ecr.us-east-1.amazonaws.com";

describe("a pull through cache rule", () => {
  const rule = (props: object, type = classic) => pullThroughRuleOf(type, previewed({ ...props }));
  const hub = { ecrRepositoryPrefix: "hub", upstreamRegistryUrl: "registry-1.docker.io" };
  const rules = [
    hub,
    { ecrRepositoryPrefix: "hub/quay", upstreamRegistryUrl: "quay.io" },
    { ecrRepositoryPrefix: "mine", upstreamRegistryUrl: "ghcr.io", upstreamRepositoryPrefix: "org/team" },
    { ecrRepositoryPrefix: "whole", upstreamRegistryUrl: "quay.io", upstreamRepositoryPrefix: "ROOT" },
    // ECR takes a slash at the end of a prefix, and adds none.
    { ecrRepositoryPrefix: "slash/", upstreamRegistryUrl: "ghcr.io", upstreamRepositoryPrefix: "org/" },
    { ecrRepositoryPrefix: "team-a", upstreamRegistryUrl: other, upstreamRepositoryPrefix: "team-a" },
  ].map((props) => rule(props)!);
  const root: readonly PullThroughRule[] = [rule({ ...hub, ecrRepositoryPrefix: "ROOT" })!];

  const cases: [repository: string, upstream: string | undefined, of?: readonly PullThroughRule[]][] = [
    ["hub/library/nginx", "docker.io/library/nginx"],
    ["hub/team/app", "docker.io/team/app"],
    ["hub/quay/app", "quay.io/app"],
    ["mine/app", "ghcr.io/org/team/app"],
    ["whole/team/app", "quay.io/team/app"],
    ["slash/app", "ghcr.io/org/app"],
    ["team-a/app/image1", `${other}/team-a/app/image1`],
    ["hubble/app", undefined],
    ["app", undefined],
    ["library/nginx", "docker.io/library/nginx", root],
  ];
  for (const [repository, upstream, of = rules] of cases)
    it(`takes ${repository} from ${upstream ?? "nowhere"}`, () => {
      const found = upstreamOf({ repository }, of);
      assert.equal(found && `${found.registry}/${found.repository}`, upstream);
    });

  const role = (account: string) => ({ roleArn: `arn:aws:iam::${account}:role/deploy` });
  const places: [what: string, holds: boolean, provider?: object, props?: object][] = [
    ["of an unknown place", true],
    ["of the registry's region", true, { region: "eu-west-1" }],
    ["of another region", false, { region: "eu-west-2" }],
    ["that names another region itself", false, { region: "eu-west-1" }, { region: "eu-west-2" }],
    ["of an unknown region", true, { region: UNKNOWN.string }],
    ["of an allowed account", true, { allowedAccountIds: JSON.stringify(["123456789012"]) }],
    ["of another allowed account", false, { allowedAccountIds: JSON.stringify(["210987654321"]) }],
    ["of a role in the registry's account", true, { assumeRoles: JSON.stringify([role("123456789012")]) }],
    ["of a role in another account", false, { assumeRoles: JSON.stringify([role("210987654321")]) }],
    ["of an unknown role", true, { assumeRoles: UNKNOWN.string }],
    ["of a profile, whose account nobody knows", true, { profile: "other" }],
  ];
  for (const [what, holds, provider, props = {}] of places)
    it(`${what} ${holds ? "holds" : "does not hold"} for a registry of the program`, () => {
      const given = pullThroughRuleOf(
        classic,
        previewed({ ...hub, ...props }),
        provider && previewed({ ...provider }),
      );
      assert.equal(mayBeOf(given!, parseEcrHost(ecr)!), holds);
    });

  it("is read of aws-native too, and not as long as a part is unknown", () => {
    assert.deepEqual(rule(hub, "aws-native:ecr:PullThroughCacheRule"), rule(hub));
    assert.equal(rule({ ...hub, ecrRepositoryPrefix: UNKNOWN.string }), undefined);
    assert.equal(rule({ ecrRepositoryPrefix: "hub" }), undefined);
    assert.equal(rule(hub, "aws:ecr/repository:Repository"), undefined);
  });
});
