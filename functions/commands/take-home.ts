import * as z from "zod";
import { parse } from "#core/model/parse.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { takeHome as operation } from "#core/operations/take-home.ts";
import { task } from "../task.ts";

const Command = z.strictObject({ epoch: z.int().nonnegative() });

/** What a person invokes in the region that is to be the home: `{ "epoch": <the epoch that is over> }`. */
export const takeHome = (deps: Dependencies, region: { readonly name: string }) =>
  task((_, command: unknown) => operation(deps, { region: region.name, ...parse(Command, command) }))(deps);
