// For `node --require`: lets host names mean the addresses that ECS_IMAGE_GUARD_NAMES gives them, as JSON; an address that is none is DNS's error.
const dns = require("node:dns");
const { isIP } = require("node:net");
const names = JSON.parse(process.env["ECS_IMAGE_GUARD_NAMES"] ?? "{}");
const { lookup } = dns;

dns.lookup = (hostname, ...rest) => {
  const callback = rest.at(-1);
  if (!Object.hasOwn(names, hostname)) return lookup(hostname, ...rest);
  const address = names[hostname];
  const family = isIP(address);
  process.nextTick(() => {
    if (family === 0) callback(Object.assign(new Error(hostname), { code: address }));
    else if (rest[0]?.all === true) callback(null, [{ address, family }]);
    else callback(null, address, family);
  });
  return {};
};
