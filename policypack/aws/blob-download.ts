import { failure, type Failure, type Outcome, success } from "../common/outcome";
import { parseUrl, printable } from "../common/text";
import { classOfHostname, mayBeWithin } from "../http/address-rules";
import type { Transport } from "../http/transport";
import type { Signal } from "../common/signal";

export interface Download {
  /** The URL is the permission: no credentials are sent with it, and only its host is ever shown. */
  readonly presigned: string;
  /** A longer blob is a failure, unless only its start is requested. */
  readonly maxBytes: number;
  readonly startOnly?: boolean;
}

/** The bytes behind a presigned URL. No redirect is followed. */
export async function downloadBlob(
  { presigned, maxBytes, startOnly = false }: Download,
  transport: Transport,
  signal: Signal,
): Promise<Outcome<Uint8Array>> {
  const url = parseUrl(presigned);
  // Storage may well lie in a private network (VPC endpoints), but never on a local link, which holds instance metadata.
  const reach = "loopback";
  if (url === undefined) return failure("malformed", "ECR answered with an invalid download URL");
  if (
    url.protocol !== "https:" &&
    !(url.protocol === "http:" && classOfHostname(url.hostname) === "loopback")
  )
    return failure("unsupported", `ECR gave a download URL at ${printable(url.host)} that is not https`);
  if (!mayBeWithin(reach, url.hostname))
    return failure(
      "unsupported",
      `ECR gave a download URL at ${printable(url.host)}, an internal address that the guard refuses`,
    );
  const label = `the storage of ECR at ${printable(url.host)}`;
  // What is signed is the host alone, so that a Range field may be added for a start (S3's presigned URLs for GetObject).
  const rest = { headers: {}, maxBytes, startOnly, reach, label, signal } as const;
  const sent = await transport.send({ method: "GET", url, ...rest });
  if (!sent.ok) return { ok: false, failure: sent.failure };
  const { response } = sent;
  // An error's text may repeat the signature; the status is enough.
  return response.status === 200 ? success(response.body) : refusal(response.status, label, url.host);
}

function refusal(status: number, label: string, host: string): Outcome<never> {
  const kind = kindOfStatus(status);
  const more =
    kind === "denied"
      ? { fix: `let this machine read from ${printable(host)}: a VPC endpoint policy or a proxy may deny it` }
      : {};
  return failure(kind, `${label} answered with HTTP ${status}`, more);
}

function kindOfStatus(status: number): Failure["kind"] {
  if (status === 404) return "missing";
  if (status === 401 || status === 403) return "denied";
  if (status === 429 || status === 503) return "throttled";
  return status >= 500 ? "unreachable" : "unsupported";
}
