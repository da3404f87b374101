import { Argument, Command } from "commander";
import type { Terminal } from "./terminal.ts";

const shells = ["bash", "zsh"] as const;
type Shell = (typeof shells)[number];

/** `cellplane completion <shell>`: made of the commands themselves, so that it knows whatever they know. */
export const completion = (terminal: Pick<Terminal, "out">, program: Command): Command =>
  new Command("completion")
    .description("write what a shell needs to complete nouns, verbs and options")
    .addArgument(new Argument("<shell>").choices(shells))
    .addHelpText(
      "after",
      "\nExamples:\n  $ source <(cellplane completion bash)            # or in ~/.bashrc\n" +
        "  $ cellplane completion zsh >> ~/.zshrc\n",
    )
    .action((shell: Shell) => terminal.out(completionOf(program, shell)));

/** A script without a call of ours: pressing Tab starts no program. */
export function completionOf(program: Command, shell: Shell): string {
  const nouns = program.commands;
  const words = (commands: readonly Command[]): string =>
    commands.flatMap((command) => [command.name(), ...command.aliases()]).join(" ");
  const verbs = nouns
    .filter(({ commands }) => commands.length > 0)
    .map((noun) => `      ${noun.name()}) words="${words(noun.commands)}" ;;`);
  const options = nouns.flatMap((noun) =>
    noun.commands.map((verb) => {
      const names = [verb.name(), ...verb.aliases()].map((name) => `"${noun.name()} ${name}"`).join("|");
      return `      ${names}) words="${verb.options.map(({ long }) => long).join(" ")} --help" ;;`;
    }),
  );
  return `${shell === "zsh" ? "autoload -U +X compinit bashcompinit && compinit && bashcompinit\n" : ""}_cellplane() {
  local words="" noun="\${COMP_WORDS[1]}" verb="\${COMP_WORDS[2]}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${words(nouns)} --help --version"
  elif [ "$COMP_CWORD" -eq 2 ]; then
    case "$noun" in
${verbs.join("\n")}
    esac
  elif [ "\${COMP_WORDS[COMP_CWORD]:0:1}" = "-" ]; then
    case "$noun $verb" in
${options.join("\n")}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _cellplane cellplane
`;
}
