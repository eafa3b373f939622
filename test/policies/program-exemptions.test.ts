import assert from "node:assert/strict";
import { ecsImagePolicies } from "../../policypack";
import { type Declared, json, ref, registered } from "../../support/engine/declared";
import { analyze } from "../../support/engine/fake-engine";
import { hubImage, role, task, trust } from "../../support/engine/fragments";
import { verdicts, violationsOf } from "../../support/engine/verdicts";
import { hub, publicNet, service, sg } from "./programs/networks";

const because = { reason: "a test" };
const untrusted = role("bad", { assumeRolePolicy: json(trust("ec2.amazonaws.com")) });
const badTask = (name: string, props: object = {}) =>
  task(name, hubImage, { executionRoleArn: ref("bad", "arn"), ...props });

/** A program that a policy over programs blocks, and the resource that it is shown at. */
const blocked: Record<string, { readonly program: readonly Declared[]; readonly at: string }> = {
  "execution-role": { program: [untrusted, badTask("api")], at: "api" },
  "task-network": { program: [...hub, ...publicNet, sg, service()], at: "web" },
};

for (const [policy, { program, at }] of Object.entries(blocked))
  describe(`the policy ${policy}`, () => {
    const withExclusions = (exclude: readonly object[]) =>
      violationsOf(program, "first", { "mixed-layer-compression": { exclude }, [policy]: { exclude } });

    it("blocks", async () => {
      assert.deepEqual(verdicts(await violationsOf(program, "first")), [`${policy} mandatory ${at}`]);
    });

    for (const exclusion of [
      { resource: at },
      { stack: "project/test" },
      { resource: at, until: "2999-12-31" },
    ])
      it(`skips an exempt resource with a remark: ${JSON.stringify(exclusion)}`, async () => {
        const found = await withExclusions([{ ...exclusion, ...because }]);
        assert.deepEqual(verdicts(found), [`${policy} advisory ${at}`]);
        assert.match(found[0]!.message, /Not checked: [^]*a test/);
      });

    it("blocks again after the exemption has ended, with a remark", async () => {
      const found = await withExclusions([{ resource: at, until: "2020-01-31", ...because }]);
      assert.deepEqual(verdicts(found), [`${policy} advisory ${at}`, `${policy} mandatory ${at}`]);
    });

    for (const exclusion of [{ resource: "another" }, { image: "nginx:1.27" }])
      it(`blocks though something else is exempt: ${JSON.stringify(exclusion)}`, async () => {
        const found = await withExclusions([{ ...exclusion, ...because }]);
        assert.deepEqual(verdicts(found), [`${policy} mandatory ${at}`]);
      });

    it("is silent if it is disabled, and no other policy over programs reports for it", async () => {
      const names = Object.keys(blocked).filter((name) => name !== policy);
      const policies = ecsImagePolicies().filter(({ name }) => names.includes(name));
      assert.deepEqual(await analyze("preview", registered(program, "first"), {}, policies), []);
    });
  });

describe("a role that several tasks share", () => {
  it("is reported for those that are not exempt", async () => {
    const program = [untrusted, badTask("api"), badTask("worker")];
    const exclude = [{ resource: "api", ...because }];
    const found = await violationsOf(program, "first", { "execution-role": { exclude } });
    assert.deepEqual(verdicts(found), ["execution-role advisory api", "execution-role mandatory worker"]);
    const { message } = found.find(({ level }) => level === "mandatory")!;
    assert.match(message, /used by +`worker`\n/);
  });

  it("is reported for those without an exempting tag, if tags may exempt", async () => {
    const tags = { "ecs-image-guard:exempt": "2999-12-31 vendor role" };
    const program = [untrusted, badTask("api", { tags }), badTask("worker")];
    const config = { "execution-role": { allowTagExemptions: true } };
    assert.deepEqual(verdicts(await violationsOf(program, "first", config)), [
      "execution-role advisory api",
      "execution-role mandatory worker",
    ]);
    assert.deepEqual(verdicts(await violationsOf(program, "first")), ["execution-role mandatory api"]);
  });
});
