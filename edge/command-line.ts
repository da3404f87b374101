import { parseArgs } from "node:util";
import { Failure } from "./failure.ts";
import { labelOf } from "./node-settings.ts";
import type { Allowance } from "./policy-file.ts";

/** What the command line asks for. */
export type Command =
  | { readonly name: "help"; readonly topic: string | undefined }
  | { readonly name: "version" }
  | ({ readonly name: "bootstrap" } & Enrolment)
  | ({ readonly name: "run" } & Enrolment)
  | { readonly name: "run-local"; readonly data: string | undefined; readonly file: string; readonly allow: Allowance }
  | { readonly name: "status"; readonly data: string | undefined; readonly json: boolean }
  | { readonly name: "leave"; readonly data: string | undefined; readonly confirmed: boolean }
  | { readonly name: "validate"; readonly file: string };

export interface Enrolment {
  readonly data: string | undefined;
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
  readonly nodeName: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly allow: Allowance;
}

const text = { type: "string" } as const;
const texts = { type: "string", multiple: true } as const;
const flag = { type: "boolean" } as const;

const data = { data: text, help: { ...flag, short: "h" } } as const;
const allow = { "allow-read": texts, "allow-write": texts, "allow-dial": texts } as const;
const enrolment = { ...data, ...allow, "token-file": text, label: texts, name: text } as const;

/** Reads the arguments after the program's name; a usage failure says which command's help to read. */
export function readCommandLine(args: readonly string[]): Command {
  const [name = "help", ...rest] = args;
  if (["help", "--help", "-h"].includes(name)) return { name: "help", topic: rest[0] };
  if (["version", "--version", "-v"].includes(name)) return { name: "version" };
  const read = Object.hasOwn(commands, name) ? commands[name as keyof typeof commands] : undefined;
  if (!read) throw new Failure("usage", `There is no command \`${name}\`.`, "See cellplane-edge --help.");
  try {
    return rest.some((word) => word === "--help" || word === "-h") ? { name: "help", topic: name } : read(rest);
  } catch (error) {
    if (error instanceof Failure) throw error;
    const [what = ""] = error instanceof Error ? error.message.split(". ") : [];
    throw new Failure("usage", `${what.replace(/\.$/, "")}.`, `See cellplane-edge ${name} --help.`);
  }
}

const commands = {
  bootstrap(args: string[]): Command {
    const { values } = parseArgs({ args, options: { ...enrolment, token: text } });
    return { name: "bootstrap", ...enrolmentOf(values, values.token) };
  },
  run(args: string[]): Command {
    const { values } = parseArgs({ args, options: { ...enrolment, "bootstrap-token": text, local: text } });
    if (values.local !== undefined)
      return { name: "run-local", data: values.data, file: values.local, allow: allowanceOf(values) };
    return { name: "run", ...enrolmentOf(values, values["bootstrap-token"]) };
  },
  status(args: string[]): Command {
    const { values } = parseArgs({ args, options: { ...data, output: { ...text, short: "o", default: "table" } } });
    if (!["table", "json"].includes(values.output))
      throw new Failure("usage", `-o ${values.output} is not known.`, "Use -o table or -o json.");
    return { name: "status", data: values.data, json: values.output === "json" };
  },
  leave(args: string[]): Command {
    const { values } = parseArgs({ args, options: { ...data, yes: { ...flag, short: "y", default: false } } });
    return { name: "leave", data: values.data, confirmed: values.yes };
  },
  validate(args: string[]): Command {
    const { positionals } = parseArgs({ args, options: data, allowPositionals: true });
    const [file, ...others] = positionals;
    if (file === undefined || others.length > 0)
      throw new Failure("usage", "validate takes one FILE.", "See cellplane-edge validate --help.");
    return { name: "validate", file };
  },
};

interface EnrolmentValues extends AllowanceValues {
  readonly data?: string | undefined;
  readonly "token-file"?: string | undefined;
  readonly label?: readonly string[] | undefined;
  readonly name?: string | undefined;
}

interface AllowanceValues {
  readonly "allow-read"?: readonly string[] | undefined;
  readonly "allow-write"?: readonly string[] | undefined;
  readonly "allow-dial"?: readonly string[] | undefined;
}

function enrolmentOf(values: EnrolmentValues, token: string | undefined): Enrolment {
  return {
    data: values.data,
    token,
    tokenFile: values["token-file"],
    nodeName: values.name,
    labels: Object.fromEntries((values.label ?? []).map(labelOf)),
    allow: allowanceOf(values),
  };
}

const allowanceOf = (values: AllowanceValues): Allowance => ({
  read: values["allow-read"] ?? [],
  write: values["allow-write"] ?? [],
  dial: values["allow-dial"] ?? [],
});
