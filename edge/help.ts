const general = `cellplane-edge: runs pipelines on this machine for a cellplane network

  bootstrap       makes this machine a node, with a token of the network
  run             connects and runs what the network asks for, until it is stopped
  run --local F   runs one pipeline file here, with no network at all
  status          what runs here, and whether it is connected
  validate FILE   checks a pipeline file
  leave           makes this machine no node any more

In two lines:
  cellplane-edge bootstrap --token cpt1_... --label env=prod
  cellplane-edge run

cellplane-edge COMMAND --help says more. Exit codes: 0 done, 1 refused, 2 usage, 3 cannot be reached, 4 timed out.
`;

const dataOption = `  --data DIR             the node's folder: key, credentials, pipelines, positions (0700). Also CELLPLANE_EDGE_DATA.
                         Default: /var/lib/cellplane-edge where that can be written, else ~/.cellplane-edge`;

const enrolOptions = `  --token-file FILE      reads the token from a file, and removes that file once the token was used
  --label KEY=VALUE      a label of this node; repeatable. Also \`labels:\` in <data>/config.yaml
  --name NAME            how people call this node. Also \`name:\` in <data>/config.yaml
  --allow-read GLOB      files that pipelines may read (default /var/log/**); repeatable
  --allow-write GLOB     files that pipelines may write (default the node's own folder); repeatable
  --allow-dial HOST:PORT where pipelines may connect (default public addresses on port 443); repeatable
                         The three are written to <data>/policy.yaml, which only this machine's owner changes.
${dataOption}`;

const topics: Record<string, string> = {
  bootstrap: `cellplane-edge bootstrap --token cpt1_...

Makes a key that never leaves this machine, and shows the token once. May be repeated and interrupted: it stays the same node.
The token may also come in CELLPLANE_EDGE_BOOTSTRAP_TOKEN, which keeps it out of the list of processes.

  --token TOKEN          the bootstrap token (cellplane token create)
${enrolOptions}
`,
  run: `cellplane-edge run [--bootstrap-token cpt1_...]

Runs the pipelines that the network wants here; without a network the last ones that worked. Stops cleanly at SIGTERM
or Ctrl-C. Logs are JSON lines on stderr: CELLPLANE_EDGE_LOG=error|warn|info|debug (default warn).

  --bootstrap-token T    enrols first where this machine is no node yet (containers). Also CELLPLANE_EDGE_BOOTSTRAP_TOKEN
  --local FILE           runs one pipeline file instead, with no network, until its input ends or it is stopped
${enrolOptions}
`,
  status: `cellplane-edge status [-o json]

Shows what the running node last wrote down, each heartbeat.

  -o, --output FORMAT    table or json
${dataOption}
`,
  leave: `cellplane-edge leave --yes

Removes this node's key and credentials, for good; positions and policy stay. Stop \`run\` first. Delete the node in the network
as well: cellplane node delete.

  -y, --yes              do it
${dataOption}
`,
  validate: `cellplane-edge validate FILE

Checks a pipeline document, YAML or JSON: every field and every expression. Names each one that is wrong.
`,
};

export const helpOn = (topic: string | undefined): string =>
  (topic !== undefined && Object.hasOwn(topics, topic) && topics[topic]) || general;
