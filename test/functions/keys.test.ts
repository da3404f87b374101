import { keysContract } from "../contracts/keys.ts";
import { sqliteIntent } from "../control-plane.ts";

keysContract("SQLite", async () => sqliteIntent());
