import { lookup, type LookupAddress } from "node:dns";
import { BlockList, isIP, isIPv6, type LookupFunction } from "node:net";

/** How far from the public internet an address is (RFC 6890); `local-link` also holds what no server ever has. */
export type AddressClass = "public" | "private" | "loopback" | "local-link";

/** The addresses that a registry may redirect to: those at least as public as its own, and never link-local ones. */
export type Reach = Exclude<AddressClass, "local-link">;

const ranks: Record<AddressClass, number> = { public: 0, private: 1, loopback: 2, "local-link": 3 };

// Instance metadata services live on local links, but for those of Alibaba Cloud, Azure and Oracle, and AWS's by IPv6 (fd00:ec2::/32
// holds its other link-local services, too); a registry has no business there.
const subnets: Record<Exclude<AddressClass, "public">, readonly string[]> = {
  "local-link": [
    ...["169.254.0.0/16", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32"],
    ...["224.0.0.0/4", "255.255.255.255/32", "fe80::/10", "fd00:ec2::/32", "ff00::/8"],
  ],
  loopback: ["127.0.0.0/8", "0.0.0.0/8", "::1/128", "::/128"],
  private: [
    ...["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15"],
    // 64:ff9b:1::/48: the NAT64 gateways of a network's own (RFC 8215).
    ...["240.0.0.0/4", "fc00::/7", "fec0::/10", "64:ff9b:1::/48"],
  ],
};

const lists = Object.entries(subnets).map(([name, all]) => {
  const list = new BlockList();
  for (const subnet of all) {
    const [address = "", bits] = subnet.split("/");
    list.addSubnet(address, Number(bits), familyOf(address));
  }
  return { name: name as keyof typeof subnets, list };
});

/** The family of an IP address, as `BlockList` takes it. */
export function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv6(address) ? "ipv6" : "ipv4";
}

/** The IPv4 addresses that an IPv6 address may embed, in every form: mostly one or none. */
function embeddedIn(address: string): string[] {
  if (!isIPv6(address)) return [];
  // The URL parser writes it in hextets, without a zone.
  const { hostname } = new URL(`http://[${address.replace(/%.*$/, "")}]`);
  const hextetsOf = (part: string) => (part.match(/\w+/g) ?? []).map((hextet) => parseInt(hextet, 16));
  const [left = [], right = []] = hostname.split("::").map(hextetsOf);
  const hextets = [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
  const [, , , , h4 = 0, h5 = 0] = hextets;
  const isPrefix = (...prefix: number[]) => prefix.every((hextet, n) => hextet === hextets[n]);
  const bytes = hextets.flatMap((hextet) => [hextet >> 8, hextet & 0xff]);
  const at = (...places: number[]) => places.map((place) => bytes[place] ?? 0);
  const last = at(12, 13, 14, 15);
  const found: number[][] = [];
  // IPv4-compatible and IPv4-mapped (RFC 4291 §2.5.5), IPv4-translated by SIIT (RFC 2765 §2.1).
  if (isPrefix(0, 0, 0, 0) && ["0,0", "0,65535", "65535,0"].includes(`${h4},${h5}`)) found.push(last);
  // NAT64, by the prefix of all, or by a network's own of any length, with byte 8 left out (RFC 6052 §2.2, RFC 8215).
  if (isPrefix(0x64, 0xff9b, 1))
    found.push(...[at(6, 7, 9, 10), at(7, 9, 10, 11), at(9, 10, 11, 12), last].filter(([a]) => a !== 0));
  else if (isPrefix(0x64, 0xff9b)) found.push(last);
  // 6to4 (RFC 3056 §2), Teredo's client (RFC 4380 §4), ISATAP (RFC 5214 §6.1).
  if (isPrefix(0x2002)) found.push(at(2, 3, 4, 5));
  if (isPrefix(0x2001, 0)) found.push(last.map((byte) => byte ^ 0xff));
  if ((h4 & 0xfdff) === 0 && h5 === 0x5efe) found.push(last);
  return found.map((four) => four.join("."));
}

/** The class of an IP address, without brackets. One that holds an IPv4 address is at most as public as that. */
export function classOfAddress(address: string): AddressClass {
  const classes = [address, ...embeddedIn(address)].map(
    (one) => lists.find(({ list }) => list.check(one, familyOf(one)))?.name ?? "public",
  );
  return classes.reduce((least, one) => (ranks[one] > ranks[least] ? one : least));
}

/** The class of a URL's host name without DNS; undefined for a name that needs it. */
export function classOfHostname(hostname: string): AddressClass | undefined {
  const bare = withoutBrackets(hostname);
  if (isIP(bare) !== 0) return classOfAddress(bare);
  return isLocalhost(hostname) ? "loopback" : undefined;
}

/** `::1` of a URL's `[::1]`; any other host name as it is. */
export function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

function mayReach(reach: Reach, target: AddressClass): boolean {
  return ranks[target] <= ranks[reach];
}

/** Whether the host of a URL is within reach as far as its name tells. The addresses of other names are judged by `lookupWithin`. */
export function mayBeWithin(reach: Reach, hostname: string): boolean {
  const told = classOfHostname(hostname);
  return told === undefined || mayReach(reach, told);
}

/**
 * The addresses that a registry of this host name may redirect to. A name with several addresses counts as the most public of them,
 * so that nobody widens their reach by adding a private address to their name.
 */
export async function reachFrom(hostname: string, find?: LookupFunction): Promise<Reach> {
  const told = classOfHostname(hostname);
  const classes = told === undefined ? (await addressesOf(hostname, find)).map(classOfAddress) : [told];
  const reaches = classes.map((one) => (one === "local-link" ? "private" : one));
  return reaches.sort((a, b) => ranks[a] - ranks[b])[0] ?? "public";
}

function addressesOf(hostname: string, find: LookupFunction = lookup): Promise<string[]> {
  return new Promise((resolve) => {
    find(hostname, { all: true }, (error, found) => {
      resolve(error === null ? addressesIn(found) : []);
    });
  });
}

function addressesIn(found: string | readonly LookupAddress[]): string[] {
  return typeof found === "string" ? [found] : found.map(({ address }) => address);
}

/** `localhost` and the names below it always mean this machine (RFC 6761 §6.3). */
function isLocalhost(hostname: string): boolean {
  return /(?:^|\.)localhost\.?$/i.test(hostname);
}

/** A `lookup` for sockets that finds only addresses within reach; with no reach given, any address. */
export function lookupWithin(reach: Reach | undefined, find: LookupFunction = lookup): LookupFunction {
  return (hostname, options, callback) => {
    // Names below `localhost` are not resolved by DNS, which could return any machine: loopback is trusted with plain http.
    find(isLocalhost(hostname) ? "localhost" : hostname, options, (error, found, family) => {
      if (error !== null) {
        callback(error, found, family);
        return;
      }
      const limit = isLocalhost(hostname) ? "loopback" : reach;
      const isWithin = (address: string) => limit === undefined || mayReach(limit, classOfAddress(address));
      if (addressesIn(found).every(isWithin)) callback(null, found, family);
      else callback(Object.assign(new Error(`${hostname} is out of reach`), { code: "OUT_OF_REACH" }), "");
    });
  };
}
