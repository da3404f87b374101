import { Command, CommanderError } from "commander";
import type { Noun } from "./command.ts";
import { completion } from "./completion.ts";
import { exitCodes, tell } from "./failure.ts";
import { audit } from "./nouns/audit.ts";
import { cells } from "./nouns/cells.ts";
import { deployments } from "./nouns/deployments.ts";
import { freezes } from "./nouns/freezes.ts";
import { keys } from "./nouns/keys.ts";
import { me } from "./nouns/me.ts";
import { members } from "./nouns/members.ts";
import { networks } from "./nouns/networks.ts";
import { nodes } from "./nouns/nodes.ts";
import { operations } from "./nouns/operations.ts";
import { orgs } from "./nouns/orgs.ts";
import { pipelines } from "./nouns/pipelines.ts";
import { quota } from "./nouns/quota.ts";
import { releases } from "./nouns/releases.ts";
import { rollouts } from "./nouns/rollouts.ts";
import { tokens } from "./nouns/tokens.ts";
import { usage } from "./nouns/usage.ts";
import { workspaces } from "./nouns/workspaces.ts";
import type { Terminal } from "./terminal.ts";

const nouns: readonly Noun[] = [
  networks,
  operations,
  workspaces,
  tokens,
  nodes,
  pipelines,
  deployments,
  orgs,
  members,
  keys,
  usage,
  audit,
  quota,
  me,
  releases,
  rollouts,
  freezes,
  cells,
];

const more = `
Where it finds the control plane (the first that is there):
  1. CELLPLANE_URL and CELLPLANE_KEY
  2. the context file $CELLPLANE_CONTEXT, else ~/.config/cellplane/context.json:
     { "url": "https://…", "key": "cpk_…", "network": "…", "workspace": "…" }
  3. ./.cellplane (or $CELLPLANE_DATA) of a running \`npm start\`

Exit codes: 0 done, 1 refused, 2 usage, 3 cannot be reached, 4 timed out, 130 left by Ctrl-C.

Examples:
  $ cellplane networks create factory-7 --wait
  $ TOKEN=$(cellplane tokens create edge --network factory-7)
  $ cellplane pipelines create logs.yaml
  $ cellplane deployments create --pipeline logs --selector env=prod --wait
  $ cellplane rollouts create --release 1.5.0 --reason "labels are kept" --watch
`;

/** Runs one command line and answers its exit code. Data goes to stdout, everything said about it to stderr. */
export async function runCommandLine(args: readonly string[], terminal: Terminal, version: string): Promise<number> {
  const program = new Command("cellplane")
    .description("The command line of cellplane: cellplane <noun> <verb>")
    .version(version, "-V, --version")
    .helpCommand(false)
    .addHelpText("after", more);
  for (const make of nouns) program.addCommand(make(terminal));
  program.addCommand(completion(terminal, program));
  for (const command of everyCommand(program))
    command
      .exitOverride()
      .showHelpAfterError("See the same with --help.")
      .configureOutput({ writeOut: terminal.out, writeErr: terminal.err });
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCodes.done;
  } catch (error) {
    // Commander has said what it is; help that was asked for is no error, help in place of a verb is.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    const { code, text } = tell(error);
    // The terminal has written ^C where the cursor stood.
    terminal.err(code === exitCodes.interrupted && terminal.width !== undefined ? `\n${text}` : text);
    return code;
  }
}

const everyCommand = (command: Command): Command[] => [command, ...command.commands.flatMap(everyCommand)];
