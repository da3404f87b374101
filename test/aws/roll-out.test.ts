import { rollOutContract } from "../contracts/roll-out.ts";
import { dynamoIntent } from "./intent.ts";

rollOutContract("DynamoDB", dynamoIntent);
