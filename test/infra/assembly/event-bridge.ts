import { type Json, ofType, type Template } from "../synthesize.ts";
import type { Resolver } from "./resolve.ts";

/** How a function ended that a schedule fired; `throttled` where as many ran as may. */
export type Fired = { readonly result: Json } | { readonly error: string } | { readonly throttled: true };

export interface EventBridge {
  /** Tells an event to every rule whose pattern it matches. */
  put(event: Json): void;
  /** Puts the schedules' clock forward by so many minutes: what falls due by then begins. */
  pass(minutes: number): void;
  /** What a schedule has brought about so far, the oldest first. */
  fired(rule: string): readonly Fired[];
  /** The schedules of the template, each with its minutes. */
  readonly schedules: ReadonlyMap<string, number>;
  close(): void;
}

interface Rule {
  readonly Name: string;
  readonly State?: string;
  readonly ScheduleExpression?: string;
  readonly EventPattern?: Json;
  readonly Targets: readonly { Arn: string; Input?: string }[];
}

const MINUTE_MS = 60_000;

/**
 * The rules of the template: events by their patterns, schedules by a clock that goes as time does and that a test may put forward. What
 * is invoked knows nothing of that clock, as no function knows when its schedule fires.
 */
export function eventBridge(options: {
  readonly template: Template;
  readonly resolver: Resolver;
  /** As Lambda does for who does not wait. */
  readonly invoke: (arn: string, event: Json) => Promise<Json>;
  /** Whether as many of a function run as may. */
  readonly isBusy: (arn: string) => boolean;
}): EventBridge {
  const { template, resolver, invoke, isBusy } = options;
  const rules: Rule[] = ofType(template, "AWS::Events::Rule")
    .map(([, { Properties }]) => resolver.resolve(Properties))
    .filter(({ State }) => State !== "DISABLED");
  const nameOf = ({ Name }: Rule) => Name.replace(/^cellplane-/, "").replace(`-${resolver.region}`, "");
  const scheduled = rules.filter(({ ScheduleExpression }) => ScheduleExpression !== undefined);
  const schedules = new Map(scheduled.map((rule) => [nameOf(rule), minutesOf(rule)]));
  const fired = new Map<string, Fired[]>();
  let minute = 0;

  async function fire(rule: Rule): Promise<void> {
    const told = fired.get(nameOf(rule)) ?? [];
    fired.set(nameOf(rule), told);
    for (const { Arn, Input } of rule.Targets) {
      if (isBusy(Arn)) told.push({ throttled: true });
      else
        await invoke(Arn, JSON.parse(Input ?? "{}")).then(
          (result) => told.push({ result }),
          (error) => told.push({ error: String(error) }),
        );
    }
  }

  const pass = (minutes: number) => {
    for (let passed = 0; passed < minutes; passed += 1) {
      minute += 1;
      for (const rule of scheduled) if (minute % minutesOf(rule) === 0) void fire(rule);
    }
  };
  const ticking = setInterval(() => pass(1), MINUTE_MS);
  return {
    put(event) {
      const hearing = rules.filter(({ EventPattern }) => EventPattern && matches(event, EventPattern));
      // How it ends is Lambda's to know: what it could not deal with is kept where the template says.
      for (const { Arn } of hearing.flatMap(({ Targets }) => Targets)) invoke(Arn, event).catch(() => {});
    },
    ...{ pass, schedules },
    fired: (rule) => fired.get(rule) ?? [],
    close: () => clearInterval(ticking),
  };
}

function minutesOf({ ScheduleExpression = "", Name }: Rule): number {
  const [, minutes] = /^rate\((\d+) minutes?\)$/.exec(ScheduleExpression) ?? hours(ScheduleExpression);
  if (!minutes) throw new Error(`The assembly cannot tell when ${Name} fires: ${ScheduleExpression}.`);
  return Number(minutes);
}

const hours = (expression: string): [string, string | undefined] => {
  const [, count] = /^rate\((\d+) hours?\)$/.exec(expression) ?? [];
  return ["", count && String(Number(count) * 60)];
};

/** EventBridge's patterns as far as ours go: an array lists the values that match. */
function matches(value: Json, pattern: Json): boolean {
  if (Array.isArray(pattern)) return pattern.includes(value);
  return Object.entries(pattern).every(([key, part]) => matches(value?.[key], part));
}
