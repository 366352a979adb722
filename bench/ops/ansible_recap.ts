/** What Ansible's closing table says of one host. */
export interface RecapLine {
  readonly host: string;
  readonly changed: number;
  readonly failed: number;
  readonly unreachable: number;
}

/** Reads the closing table of `ansible-playbook`. */
export function parseRecap(stdout: string): RecapLine[] {
  const [, recap = ""] = stdout.split(/^PLAY RECAP \**\s*$/m);
  return [...recap.matchAll(/^(\S+)\s+: (.*)$/gm)].map(([, host, counts]) => {
    const count = (name: string): number =>
      Number(new RegExp(`\\b${name}=(\\d+)`).exec(counts!)?.[1] ?? NaN);
    return {
      host: host!,
      changed: count("changed"),
      failed: count("failed"),
      unreachable: count("unreachable"),
    };
  });
}
