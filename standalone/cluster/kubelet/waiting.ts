/** A container cannot start yet; `reason` and message go into its status, as the kubelet's do. */
export class Waiting extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.name = "Waiting";
    this.reason = reason;
  }
}
