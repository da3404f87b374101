import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { KeyPlace } from "#core/operations/begin-fleet.ts";

/** A key in Secrets Manager. What a deploy generates there at first opens nothing, and so is replaced. */
export const keySecret = ({
  client,
  secret,
}: {
  client: Pick<SecretsManagerClient, "send">;
  secret: string;
}): KeyPlace => ({
  async read() {
    try {
      return (await client.send(new GetSecretValueCommand({ SecretId: secret }))).SecretString;
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  },
  async keep(key) {
    await client.send(new PutSecretValueCommand({ SecretId: secret, SecretString: key }));
  },
});
