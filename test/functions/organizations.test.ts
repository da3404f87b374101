import { organizationsContract } from "../contracts/organizations.ts";
import { sqliteIntent } from "../control-plane.ts";

organizationsContract("SQLite", async () => sqliteIntent());
