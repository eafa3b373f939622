import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { limits } from "../../policypack/common/limits";
import { selfSigned } from "../../support/network/certificate";
import type { Bench, Case, CaseReport } from "../case";
import { compete, guardCommand } from "../contender";
import { atMost } from "../figure";
import { median, timed } from "../measurement";
import { orders, RegistryProcess } from "../registry-process";

const imageCount = 200;
const latencyMs = 100;
const rounds = 3;

/** The command against a registry that speaks TLS, as nearly all do. */
export const tls: Case = {
  name: "tls",
  title: `\`inspect\` of ${imageCount} images over TLS, ${latencyMs} ms a request`,
  measure,
};

async function measure(bench: Bench): Promise<CaseReport> {
  const certificate = selfSigned();
  if (certificate === undefined) throw new Error("openssl is needed to make a certificate");
  const access = { mode: "bearer", expiresIn: 300 } as const;
  const registry = await RegistryProcess.start({ latencyMs, access, tls: certificate });
  const home = mkdtempSync(join(tmpdir(), "ecs-image-guard-bench-"));
  writeFileSync(join(home, "config.json"), "{}");
  writeFileSync(join(home, "auth.json"), "{}");
  try {
    const images = await registry.publish(orders(imageCount, "bench"));
    const times: number[] = [];
    let connections = 0;
    for (let round = 0; round < rounds; round++) {
      const { result, traffic } = await registry.during(() =>
        timed(() => compete(guardCommand, images, home)),
      );
      bench.say(`  ${result.toFixed(0)} ms, ${traffic.connections} connections`);
      times.push(result);
      connections = Math.max(connections, traffic.connections);
    }
    return {
      figures: [
        atMost("wall time", median(times) / 1000, 5, "s"),
        // The first one finds that the registry does not speak plain http.
        atMost("connections", connections, limits.connections + 1, "connections"),
      ],
      remarks: [`Median of ${rounds} runs. Each image is an index in a repository of its own.`],
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
    await registry.stop();
  }
}
