/**
 * Loaded before a program (`node --import`): names below the domain of a cell lead to where the test reaches Traefik, as a wildcard
 * record would have it. `CELL_ADDRESSES` is `domain=address`, several with commas between.
 */
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";

function addressOf(name) {
  const cells = (process.env.CELL_ADDRESSES ?? "").split(",").map((one) => one.split("="));
  return cells.find(([domain]) => domain && name.endsWith(`.${domain}`))?.[1];
}

const lookup = dns.lookup;
dns.lookup = (name, ...rest) => {
  const address = addressOf(name);
  if (address === undefined) return lookup(name, ...rest);
  const answer = rest.at(-1);
  const all = typeof rest[0] === "object" && rest[0]?.all === true;
  process.nextTick(() => (all ? answer(null, [{ address, family: 4 }]) : answer(null, address, 4)));
};
syncBuiltinESMExports();
