import { convergeNetworkContract } from "../contracts/converge-network.ts";
import { dynamoIntent } from "./intent.ts";

convergeNetworkContract("DynamoDB", dynamoIntent);
