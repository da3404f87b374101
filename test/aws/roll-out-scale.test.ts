import { rollOutScaleContract } from "../contracts/roll-out-scale.ts";
import { dynamoIntent } from "./intent.ts";

// DynamoDB Local would take many minutes for a fleet that is larger than one pass.
rollOutScaleContract("DynamoDB", dynamoIntent, { many: 0, raced: 8, killed: 1 });
