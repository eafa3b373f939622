import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A fresh self-signed certificate, by openssl; undefined where there is none.
 *
 * @param hosts the names that it is good for; default: none, which only those take who verify nothing
 */
export function selfSigned(hosts: readonly string[] = []): { key: string; cert: string } | undefined {
  const folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  try {
    const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const subject = ["-subj", "/CN=test registry", "-days", "2"];
    const names = hosts.map((host) => `DNS:${host}`).join(",");
    const more = names === "" ? [] : ["-addext", `subjectAltName=${names}`];
    execFileSync("openssl", ["req", "-x509", ...ec, ...subject, ...more, "-keyout", key, "-out", cert], {
      stdio: "ignore",
    });
    return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
