import { rollOutContract } from "../contracts/roll-out.ts";
import { sqliteIntent } from "../control-plane.ts";

rollOutContract("SQLite", async () => sqliteIntent());
