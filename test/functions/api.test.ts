import { apiContract } from "../contracts/api.ts";
import { sqliteIntent } from "../control-plane.ts";

apiContract("SQLite", async () => sqliteIntent());
