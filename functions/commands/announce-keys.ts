import { announceKeys as operation } from "#core/operations/announce-keys.ts";
import { task } from "../task.ts";

/** What a person invokes between two deploys of a rotation: every cell pins the keys of now. */
export const announceKeys = task((deps: Parameters<typeof operation>[0], _command: object) => operation(deps));
