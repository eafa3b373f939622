import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bench, Case, CaseReport } from "../case";
import { atMost, exactly } from "../figure";
import { GuardedStack, grouped } from "../guarded-stack";
import { RegistryProcess } from "../registry-process";

const repositories = 20;
const tags = 5;

/** One registry behind a login, as Harbor or Artifactory are. */
export const privateRegistry: Case = {
  name: "private",
  title: `${repositories * tags} images in ${repositories} repositories of one private registry`,
  measure,
};

async function measure(bench: Bench): Promise<CaseReport> {
  const login = { username: "team", password: "correct horse" };
  const registry = await RegistryProcess.start({ latencyMs: 20, access: { mode: "bearer", login } });
  const docker = mkdtempSync(join(tmpdir(), "ecs-image-guard-bench-"));
  const auth = Buffer.from(`${login.username}:${login.password}`).toString("base64");
  writeFileSync(join(docker, "config.json"), JSON.stringify({ auths: { [registry.host]: { auth } } }));
  const stack = await GuardedStack.create(bench, { DOCKER_CONFIG: docker });
  try {
    const orders = Array.from({ length: repositories * tags }, (_, n) => ({
      repository: `team/service-${n % repositories}`,
      tag: `v${n}`,
      kind: "index" as const,
    }));
    stack.define(grouped(await registry.publish(orders), 1));
    const { traffic } = await registry.during(() => stack.preview("guard"));
    return {
      figures: [
        atMost("tokens", traffic.tokens, repositories, "tokens: one a repository"),
        atMost("401s", traffic.unauthorized, 1, "in all"),
        exactly("manifests and indexes", traffic.manifestGets, 2 * repositories * tags, "GETs"),
      ],
      remarks: ["Counted in one preview of the real engine with a login from docker's config.json."],
    };
  } finally {
    stack.remove();
    rmSync(docker, { recursive: true, force: true });
    await registry.stop();
  }
}
