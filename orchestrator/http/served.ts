import type { AccessList } from "../access-list.ts";
import type { Dependencies } from "../deps.ts";
import type { Repeats } from "../idempotently.ts";
import type { Workspaces } from "../workspaces.ts";

/** What endpoints act through. */
export interface Served extends Dependencies {
  readonly workspaces: Workspaces;
  readonly access: AccessList;
  readonly repeats: Repeats;
  /** Milliseconds to wait before an enrolment may pass; 0: now. */
  readonly admission: () => number;
}
