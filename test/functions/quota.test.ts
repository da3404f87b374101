import { quotaContract } from "../contracts/quota.ts";
import { sqliteIntent } from "../control-plane.ts";

quotaContract("SQLite", async () => sqliteIntent());
