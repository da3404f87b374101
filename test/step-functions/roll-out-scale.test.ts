import { rollOutScaleContract } from "../contracts/roll-out-scale.ts";
import { sqliteIntent } from "../control-plane.ts";

rollOutScaleContract("SQLite", async () => sqliteIntent());
