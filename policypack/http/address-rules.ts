import { lookup } from "node:dns";
import { BlockList, isIP, isIPv6, type LookupFunction } from "node:net";

/** How far from the public internet an address is (RFC 6890); `local-link` also holds what no server ever has. */
export type AddressClass = "public" | "private" | "loopback" | "local-link";

/** The addresses that a registry may lead us to: those at least as public as its own, and never a local link's. */
export type Reach = Exclude<AddressClass, "local-link">;

const ranks: Record<Reach, number> = { public: 0, private: 1, loopback: 2 };

// Instance metadata services live on local links, but for those of Alibaba Cloud, Azure and Oracle, and AWS's by IPv6 (fd00:ec2::/32
// holds its other link-local services, too); a registry has no business there.
const subnets: Record<Exclude<AddressClass, "public">, { v4: readonly string[]; v6: readonly string[] }> = {
  "local-link": {
    v4: [
      "169.254.0.0/16",
      "100.100.100.200/32",
      "168.63.129.16/32",
      "192.0.0.192/32",
      "224.0.0.0/4",
      "255.255.255.255/32",
    ],
    v6: ["fe80::/10", "fd00:ec2::/32", "ff00::/8"],
  },
  loopback: { v4: ["127.0.0.0/8", "0.0.0.0/8"], v6: ["::1/128", "::/128"] },
  private: {
    v4: [
      "10.0.0.0/8",
      "172.16.0.0/12",
      "192.168.0.0/16",
      "100.64.0.0/10",
      "192.0.0.0/24",
      "198.18.0.0/15",
      "240.0.0.0/4",
    ],
    // The second: what a NAT64 gateway of a network's own reaches (RFC 8215).
    v6: ["fc00::/7", "64:ff9b:1::/48", "fec0::/10"],
  },
};

const lists = Object.entries(subnets).map(([name, { v4, v6 }]) => {
  const list = new BlockList();
  for (const subnet of v4) {
    const [address = "", bits] = subnet.split("/");
    list.addSubnet(address, Number(bits), "ipv4");
    // The same address as a NAT64 gateway would reach it (RFC 6052 §2.1), IPv4-compatible (RFC 4291 §2.5.5.1), and by 6to4 (RFC 3056 §2).
    for (const prefix of ["64:ff9b::", "::"]) list.addSubnet(prefix + address, 96 + Number(bits), "ipv6");
    list.addSubnet(`2002:${hextetsOf(address)}::`, 16 + Number(bits), "ipv6");
  }
  for (const subnet of v6) {
    const [address = "", bits] = subnet.split("/");
    list.addSubnet(address, Number(bits), "ipv6");
  }
  return { name: name as keyof typeof subnets, list };
});

/** `7f00:1` for 127.0.0.1. */
function hextetsOf(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  return [a * 256 + b, c * 256 + d].map((hextet) => hextet.toString(16)).join(":");
}

/** The addresses that were asked for, which are few, and each is asked for several times for every request. */
const known = new Map<string, AddressClass>();
const maximumKnown = 1_000;

/** The class of an IP address, without brackets; IPv4-mapped IPv6 addresses count as the IPv4 address they hold. */
export function classOfAddress(address: string): AddressClass {
  let found = known.get(address);
  if (found === undefined) {
    if (known.size >= maximumKnown) known.clear();
    known.set(address, (found = lookUpClass(address)));
  }
  return found;
}

function lookUpClass(address: string): AddressClass {
  const family = isIPv6(address) ? "ipv6" : "ipv4";
  return lists.find(({ list }) => list.check(address, family))?.name ?? "public";
}

/** The class that a URL's host name tells by itself; undefined for a name that only DNS can tell of. */
export function classOfHostname(hostname: string): AddressClass | undefined {
  const bare = hostname.replace(/^\[(.*)\]$/, "$1");
  if (isIP(bare) !== 0) return classOfAddress(bare);
  return isLocalhost(hostname) ? "loopback" : undefined;
}

export function mayReach(reach: Reach, target: AddressClass): boolean {
  return target !== "local-link" && ranks[target] <= ranks[reach];
}

/**
 * How far a registry of this host name may lead us. A name with several addresses counts as the most public of them,
 * so that nobody widens their reach by adding a private address to their name.
 */
export async function reachFrom(hostname: string, find?: LookupFunction): Promise<Reach> {
  const told = classOfHostname(hostname);
  const classes = told === undefined ? (await addressesOf(hostname, find)).map(classOfAddress) : [told];
  const widest = classes
    .map((one) => (one === "local-link" ? "private" : one))
    .sort((a, b) => ranks[a] - ranks[b]);
  return widest[0] ?? "public";
}

function addressesOf(hostname: string, find: LookupFunction = lookup): Promise<string[]> {
  return new Promise((resolve) => {
    find(hostname, { all: true }, (error, found) => {
      resolve(
        error !== null ? [] : typeof found === "string" ? [found] : found.map(({ address }) => address),
      );
    });
  });
}

/** `localhost` and the names below it always mean this machine (RFC 6761 §6.3). */
function isLocalhost(hostname: string): boolean {
  return /(?:^|\.)localhost\.?$/i.test(hostname);
}

/** The address of a host name lies where the one who named it may not lead us. */
class OutOfReachError extends Error {
  readonly code = "OUT_OF_REACH";
}

/** A `lookup` for sockets that finds only addresses within reach; with no reach given, any address. */
export function lookupWithin(reach: Reach | undefined, find: LookupFunction = lookup): LookupFunction {
  return (hostname, options, callback) => {
    // Below `localhost` DNS is not asked: its answer could be any machine, and loopback is trusted with plain http.
    find(isLocalhost(hostname) ? "localhost" : hostname, options, (error, found, family) => {
      if (error !== null) {
        callback(error, found, family);
        return;
      }
      const addresses = typeof found === "string" ? [found] : found.map(({ address }) => address);
      const limit = isLocalhost(hostname) ? "loopback" : reach;
      if (limit !== undefined && !addresses.every((address) => mayReach(limit, classOfAddress(address))))
        callback(new OutOfReachError(`an address of ${hostname} is out of reach`), "");
      else callback(null, found, family);
    });
  };
}
