import { auditContract } from "../contracts/audit.ts";
import { sqliteIntent } from "../control-plane.ts";

auditContract("SQLite", async () => sqliteIntent());
