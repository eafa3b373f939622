/** A private registry of Amazon ECR, by its host name. */
export interface EcrHost {
  /** Twelve digits: the registry id. */
  readonly account: string;
  readonly region: string;
  /** The host is one of those with FIPS 140 validated modules (`dkr.ecr-fips`). */
  readonly fips: boolean;
  /** The host answers over IPv4 and IPv6 (`on.aws`). */
  readonly dualStack: boolean;
  /** What follows the region, without a leading dot; it shows the partition. */
  readonly dnsSuffix: string;
}

/**
 * The domains below which ECR serves registries, and their partitions. Sources: `ecrPattern` of
 * awslabs/amazon-ecr-credential-helper (`ecr-login/api/client.go`); Amazon ECR user guide, "Amazon ECR registries".
 */
const partitions: ReadonlyMap<string, string> = new Map([
  ["amazonaws.com", "aws"], // and aws-us-gov
  ["on.aws", "aws"], // the same, dual-stack
  ["amazonaws.com.cn", "aws-cn"],
  ["on.amazonwebservices.com.cn", "aws-cn"], // dual-stack
  ["amazonaws.eu", "aws-eusc"],
  ["c2s.ic.gov", "aws-iso"],
  ["sc2s.sgov.gov", "aws-iso-b"],
  ["cloud.adc-e.uk", "aws-iso-e"],
  ["csp.hci.ic.gov", "aws-iso-f"],
]);

// Both ends are anchored, and the region is one label: credentials of AWS must not be offered to `….amazonaws.com.evil.example`.
const ecrHost = new RegExp(
  String.raw`^(\d{12})\.dkr[.-]ecr(-fips)?\.([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\.(` +
    [...partitions.keys()].map((suffix) => suffix.replaceAll(".", String.raw`\.`)).join("|") +
    String.raw`)(?::443)?$`,
);

/**
 * The parts of the host of a private ECR registry; undefined for every other registry, `public.ecr.aws` included.
 * `registry` is the domain of a reference: `host[:port]`, in any case; a port other than https's own is not ECR.
 */
export function parseEcrHost(registry: string): EcrHost | undefined {
  // A line break before the end would satisfy no `$` without the m flag, so nothing can hide behind one.
  const [, account, fips, region, dnsSuffix] = ecrHost.exec(registry.toLowerCase()) ?? [];
  if (account === undefined || region === undefined || dnsSuffix === undefined) return undefined;
  return { account, region, fips: fips !== undefined, dualStack: dnsSuffix.startsWith("on."), dnsSuffix };
}

/** The partition of the host, as ARNs name it: `aws-cn`. */
export function partitionOf({ region, dnsSuffix }: EcrHost): string {
  return region.startsWith("us-gov-") ? "aws-us-gov" : (partitions.get(dnsSuffix) ?? "aws");
}

/** The host's name again. */
export function hostName({ account, region, fips, dualStack, dnsSuffix }: EcrHost): string {
  return `${account}.dkr${dualStack ? "-" : "."}ecr${fips ? "-fips" : ""}.${region}.${dnsSuffix}`;
}
