import { type Command, InvalidArgumentError, Option } from "commander";
import { duration, setting, several } from "../command.ts";

/** Each flag of `rollouts create`, and where in the spec it stands. What the file says of the same is replaced. */
export function rolloutFlags(command: Command): Command {
  return command
    .option("-f, --file <file>", "a spec in YAML or JSON, or { spec, reason }; flags replace what it says")
    .option("--release <version>", "what to bring the networks to")
    .option("--set <name=value>", "or: a setting to change; repeatable, `name=null` takes it away", setting)
    .option("--from <release>", 'only networks there, such as "1.4.2" or "1.4.x"')
    .option("--only-network <network>", "which networks, by name or id; repeatable", several)
    .option("--only-org <organization>", "whose, by id; repeatable", several)
    .option("--only-cell <cell>", "in which cells, by name or id; repeatable", several)
    .option("--only-region <region>", "in which regions; repeatable", several)
    .option("--only-channel <channel>", "of which channel; repeatable", several)
    .option("--only-plan <plan>", "of which plan; repeatable", several)
    .option("--selector <selector>", "with which labels, as in Kubernetes")
    .option("--waves <list>", 'cumulative: "1%,5%,25%,100%", or "1,10,100%"', waves)
    .option("--max-concurrent <amount>", '10 or "10%"', amount)
    .option("--per-cell <amount>", "at most so many at once in one cell", amount)
    .option("--per-region <amount>", "at most so many at once in one region", amount)
    .option("--max-failed <amount>", '2 or "1%"; one more is a breach', amount)
    .option("--min-healthy-for <duration>", "how long each must be well to count", span)
    .option("--healthy-deadline <duration>", "how long each may take", span)
    .option("--progress-deadline <duration>", "how long a silent cell is waited for", span)
    .option("--bake <duration>", "pause after a wave", span)
    .addOption(new Option("--on-failure <what>", "after a breach").choices(["pause", "rollback", "abort"]))
    .option("--gate-before <wave>", "somebody must approve before that wave; repeatable", gate("before"))
    .option("--gate-after <wave>", "the same after it has settled and baked", gate("after"))
    .option("--ignore-windows", "do not wait for the customers' maintenance windows")
    .option("--supersede", "take networks over from older rollouts instead of waiting for them");
}

type Spec = Record<string, unknown>;

/** Finds ids by names. */
export interface Names {
  readonly networks: (names: readonly string[]) => Promise<readonly string[]>;
  readonly cells: (names: readonly string[]) => Promise<readonly string[]>;
}

/** The spec that a file and flags say together. Whether it makes sense is for the API to judge. */
export async function specOf(file: Spec, flags: Readonly<Record<string, unknown>>, find: Names): Promise<Spec> {
  const { release, set, from, selector, perCell, perRegion, maxConcurrent } = flags;
  const [networks, cells] = [listed(flags.onlyNetwork), listed(flags.onlyCell)];
  const population = given({
    networks: networks && (await find.networks(networks)),
    cells: cells && (await find.cells(cells)),
    orgs: flags.onlyOrg,
    regions: flags.onlyRegion,
    channels: flags.onlyChannel,
    plans: flags.onlyPlan,
    labels: selector,
  });
  const gates = [...(listed(flags.gateBefore) ?? []), ...(listed(flags.gateAfter) ?? [])];
  const pace = given({ total: maxConcurrent, perCell, perRegion });
  return {
    ...file,
    ...given({
      change: release !== undefined || set !== undefined ? given({ release, settings: set }) : undefined,
      from: from === undefined ? undefined : { release: from },
      selector: Object.keys(population).length > 0 ? { ...objectOf(file.selector), ...population } : undefined,
      waves: flags.waves,
      maxConcurrent: Object.keys(pace).length > 0 ? { ...paceOf(file.maxConcurrent), ...pace } : undefined,
      maxFailed: flags.maxFailed,
      minHealthyFor: flags.minHealthyFor,
      healthyDeadline: flags.healthyDeadline,
      progressDeadline: flags.progressDeadline,
      bake: flags.bake,
      onFailure: flags.onFailure,
      gates: gates.length > 0 ? gates : undefined,
      windows: flags.ignoreWindows ? "ignore" : undefined,
      supersede: flags.supersede,
    }),
  };
}

const given = (entries: Spec): Spec =>
  Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));

const listed = (value: unknown): string[] | undefined => (Array.isArray(value) ? value : undefined);

const objectOf = (value: unknown): Spec => (typeof value === "object" && value !== null ? (value as Spec) : {});

/** A file may say one number, which is that of all. */
const paceOf = (value: unknown): Spec => (typeof value === "object" ? objectOf(value) : given({ total: value }));

/** `"10"` as a number, `"10%"` as it is. */
export function amount(text: string): number | string {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  if (/^\d{1,3}(\.\d{1,3})?%$/.test(text)) return text;
  throw new InvalidArgumentError('Write it like 10 or "10%".');
}

function waves(text: string): object[] {
  return text.split(",").map((one) => {
    const said = amount(one.trim());
    return typeof said === "number" ? { count: said } : { percent: Number.parseFloat(said) };
  });
}

/** A duration as the API takes it. */
function span(text: string): string {
  duration(text);
  return text;
}

const gate =
  (side: "before" | "after") =>
  (text: string, before: readonly object[] = []): object[] => {
    if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError("It must be the number of a wave, from 1.");
    return [...before, { [side]: Number(text), kind: "manual" }];
  };
