import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Certificate {
  /** PEM, as `cert`. */
  readonly key: string;
  readonly cert: string;
}

/** Made by this process: openssl takes a while, and tests want the same ones. */
const made = new Map<string, Certificate | undefined>();

const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/**
 * A self-signed certificate, by openssl; undefined if there is none. For the same names, a process makes one.
 *
 * @param hosts the names and addresses that it is good for; default: none, which only those take who verify nothing
 */
export function selfSigned(
  subject = "test registry",
  hosts: readonly string[] = [],
): Certificate | undefined {
  const names = hosts.map((host) => `${isIP(host) === 0 ? "DNS" : "IP"}:${host}`).join(",");
  const more = names === "" ? [] : ["-addext", `subjectAltName=${names}`];
  return once([subject, hosts], (openssl, path) => {
    openssl(
      "req",
      "-x509",
      ...ec,
      "-subj",
      `/CN=${subject}`,
      "-days",
      "2",
      ...more,
      "-keyout",
      "key",
      "-out",
      "cert",
    );
    return { key: readFileSync(path("key"), "utf8"), cert: readFileSync(path("cert"), "utf8") };
  });
}

/** A certificate for a host name, and more of them, by this authority; with no days left, it has expired. */
export function issuedBy(
  authority: Certificate,
  host: string,
  days = 2,
  more: readonly string[] = [],
): Certificate | undefined {
  return once([authority.cert, host, days, more], (openssl, path) => {
    writeFileSync(path("ca.key"), authority.key);
    writeFileSync(path("ca.cert"), authority.cert);
    const all = [host, ...more].map((name) => `DNS:${name}`).join(",");
    const names = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=${all}`];
    openssl("req", ...ec, ...names, "-keyout", "key", "-out", "request");
    const by = ["-CA", "ca.cert", "-CAkey", "ca.key", "-CAcreateserial", "-copy_extensions", "copy"];
    openssl("x509", "-req", "-in", "request", ...by, "-days", String(days), "-out", "cert");
    return { key: readFileSync(path("key"), "utf8"), cert: readFileSync(path("cert"), "utf8") };
  });
}

type Make = (openssl: (...args: string[]) => void, path: (name: string) => string) => Certificate;

function once(what: readonly unknown[], make: Make): Certificate | undefined {
  const key = JSON.stringify(what);
  if (!made.has(key)) made.set(key, inFolder(make));
  return made.get(key);
}

function inFolder(make: Make): Certificate | undefined {
  const folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-"));
  try {
    return make(
      (...args) => execFileSync("openssl", args, { stdio: "ignore", cwd: folder }),
      (name) => join(folder, name),
    );
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
