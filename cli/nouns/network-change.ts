import { type Command, Option } from "commander";
import type { NetworkView } from "#core/model/network-view.ts";
import type { Operation } from "#core/model/operation.ts";
import { type Given, label, setting, type Verb, waiting } from "../command.ts";
import { Failure } from "../failure.ts";
import { showNetwork } from "../show-network.ts";
import { watchOperation } from "../watch-operation.ts";
import { windowOf, windowText } from "../window.ts";

/** What a change of a network answers. */
export interface Accepted {
  readonly network: NetworkView;
  readonly operation: Operation;
}

const described = (command: Command): Command =>
  command
    .option("--plan <plan>", "starter, standard or large")
    .option("--label <name=value>", "repeatable", label)
    .option("--set <name=value>", "a setting of its release; repeatable, `name=null` takes it away", setting)
    .option(
      "--window <window>",
      'when rollouts may change it: "sat,sun 02:00-04:00 Europe/Berlin", or none',
      windowText,
    );

const windowIn = ({ window }: Given["options"]) => (typeof window === "string" ? windowOf(window) : undefined);

export const createNetwork: Verb = {
  usage: "create <name>",
  does: "make a network",
  examples: [
    "networks create factory-7 --wait",
    "networks create lab --region local --label env=test --set logLevel=debug",
    "networks create lab --release 1.5.0 --window 'sat,sun 02:00-04:00 Europe/Berlin'",
  ],
  options: (command) =>
    described(waiting(command))
      .option("--region <region>", "where it has to be")
      .option("--channel <channel>", "stable or rapid: whose release it gets")
      .option("--release <version>", "pin this one instead"),
  act: async (session, { args: [name], options }) => {
    const { terminal, api, org } = session;
    const { region, plan, channel, release, label: labels, set: settings, wait, timeout } = options;
    const { body } = await api.call<Accepted>({
      method: "POST",
      path: `/v1/orgs/${org}/networks`,
      headers: { "idempotency-key": crypto.randomUUID() },
      body: { name, region, plan, channel, release, labels, settings, window: windowIn(options) },
    });
    if (!wait) {
      await showNetwork(session, body.network);
      terminal.err(`It is being made: cellplane operations watch ${body.operation.id}\n`);
      return;
    }
    await watchOperation(session, body.operation.id, Number(timeout));
    await showNetwork(session, await session.network(body.network.id));
  },
};

export const updateNetwork: Verb = {
  usage: "update <network>",
  does: "change a network; what is not said stays as it is",
  examples: [
    "networks update factory-7 --release 1.5.0 --wait",
    "networks update factory-7 --unpin",
    "networks update factory-7 --set heartbeat=10s --label team=a --unlabel env",
    "networks update factory-7 --window 'sun 03:00-05:00 America/Denver'",
  ],
  options: (command) =>
    described(waiting(command))
      .option("--name <name>", "another name")
      .option("--unlabel <name>", "take a label away; repeatable", (text, before: string[] = []) => [...before, text])
      .option("--channel <channel>", "stable or rapid; it moves with the next rollout of that channel")
      .addOption(new Option("--release <version>", "pin this one, and go there now").conflicts("unpin"))
      .option("--unpin", "follow the channel again, with the next rollout"),
  act: async (session, { args: [which = ""], options }) => {
    const { api } = session;
    const { name, plan, channel, release, unpin, set: settings, wait, timeout } = options;
    const removed = Array.isArray(options.unlabel) ? options.unlabel.map((one) => [one, null]) : [];
    const labels = { ...(options.label as object | undefined), ...Object.fromEntries(removed) };
    const patch = {
      ...{ name, plan, channel, settings, window: windowIn(options) },
      ...(Object.keys(labels).length > 0 ? { labels } : {}),
      release: unpin ? null : release,
    };
    if (Object.values(patch).every((value) => value === undefined))
      throw new Failure(
        "usage",
        "It is not said what to change.",
        "`cellplane networks update --help` shows what can be.",
      );
    const { id } = await session.network(which);
    const { body } = await api.call<Accepted>({
      method: "PATCH",
      path: `/v1/networks/${id}`,
      headers: { "if-match": "*" },
      body: patch,
    });
    if (wait) await watchOperation(session, body.operation.id, Number(timeout));
    await showNetwork(session, wait ? await session.network(id) : body.network);
  },
};
