import { apiContract } from "../contracts/api.ts";
import { dynamoIntent } from "./intent.ts";

apiContract("DynamoDB Local", dynamoIntent);
