import { placeNetwork as operation } from "#core/operations/place-network.ts";
import { task } from "../task.ts";

/** The state PlaceNetwork of converge-network. */
export const placeNetwork = task(operation);
