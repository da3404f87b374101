import { fuzz } from "./run.ts";

/** `npm run fuzz -- [COUNT] [SEED]`: so many requests made from the OpenAPI document, and what was wrong with the answers. */
const [count = "10000", seed = String(Math.floor(Math.random() * 2 ** 31))] = process.argv.slice(2);
const { wrong, statuses } = await fuzz(Number(count), Number(seed));
console.log(`${count} requests from seed ${seed}: ${JSON.stringify(statuses)}`);
for (const one of wrong) console.log(`\n${one}`);
process.exitCode = wrong.length > 0 ? 1 : 0;
