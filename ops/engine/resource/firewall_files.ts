import { shellQuote } from "../connection/quote.ts";
import type { FirewallResource } from "./resource.ts";

/** The service that opens a port again after each start of the host or of its firewall. */
export function firewallUnit({ transport, port }: FirewallResource): string {
  return `ztna-firewall-${transport}-${port}.service`;
}

/**
 * The script that opens a port, and its unit. They are needed because rules are gone whenever the
 * host's own are loaded again.
 */
export function firewallFiles(
  firewall: FirewallResource,
): { readonly path: string; readonly contents: string; readonly mode: number }[] {
  const { transport, port } = firewall;
  const script = `/usr/local/sbin/ztna-firewall-${transport}-${port}`;
  return [
    { path: script, contents: `#!/bin/sh\n${openPortScript(firewall)}`, mode: 0o755 },
    {
      path: `/etc/systemd/system/${firewallUnit(firewall)}`,
      mode: 0o644,
      contents: `[Unit]
Description=Let ${transport} packets to port ${port} in
After=nftables.service netfilter-persistent.service
PartOf=nftables.service
ReloadPropagatedFrom=nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${script}
ExecReload=${script}

[Install]
WantedBy=multi-user.target
`,
    },
  ];
}

/** What the rules of a port are known by; those for sources have the source behind it. */
function ruleComment({ transport, port }: FirewallResource): string {
  return `ztna ${transport} ${port}`;
}

/**
 * Puts accept rules at the top of every chain that all incoming packets pass and that may drop some,
 * unless it has them, and removes those of earlier sources. A table of our own could not let
 * anything in: nftables drops what any one chain drops. With `--check` it only prints those chains,
 * after `open` or `closed`.
 */
function openPortScript(firewall: FirewallResource): string {
  const { transport, port, sources = [] } = firewall;
  const comment = ruleComment(firewall);
  // One rule for each, as iptables could not list one with a set.
  const of = (isWanted: (source: string) => boolean): string => {
    const comments = sources.length === 0
      ? [comment]
      : sources.filter(isWanted).map((source) => `${comment} ${source}`);
    return comments.length === 0 ? ":" : `printf '%s\\n' ${comments.map(shellQuote).join(" ")}`;
  };
  const isIpv6 = (source: string): boolean => source.includes(":");
  return `# Lets ${transport} packets to port ${port} in: \`nft list ruleset\` shows the rules by their comments.
wanted() {
  case $1 in
  ip) ${of((source) => !isIpv6(source))} ;;
  ip6) ${of(isIpv6)} ;;
  inet) ${of(() => true)} ;;
  esac
}
nft list chains | while read -r first second third rest; do
  case $first in
  table) family=$second table=$third ;;
  chain) chain=$second ;;
  type)
    case "$family $second $third $rest" in
    "ip filter hook input "* | "ip6 filter hook input "* | "inet filter hook input "*) ;;
    *) continue ;;
    esac
    rules=$(nft -a list chain "$family" "$table" "$chain") || exit
    case $rules in
    *'policy drop'* | *drop* | *reject* | *jump* | *goto*) ;;
    *) continue ;;
    esac
    # Ours, each as its handle and its comment.
    found=$(printf '%s\\n' "$rules" |
      sed -n 's/.* comment "\\(${comment}\\( [^"]*\\)\\{0,1\\}\\)" # handle \\([0-9]*\\)$/\\3 \\1/p')
    if [ "$(printf '%s\\n' "$found" | cut -d ' ' -f 2- | sort)" = "$(wanted "$family" | sort)" ]; then
      state=open
    else
      state=closed
    fi
    if [ "\${1-}" = --check ]; then
      echo "$state $family $table $chain"
    elif [ "$state" = closed ]; then
      wanted "$family" | while read -r rule; do
        source=\${rule#${shellQuote(comment)}}
        case $source in
        '') from= ;;
        *:*) from="ip6 saddr$source" ;;
        *) from="ip saddr$source" ;;
        esac
        # What is sought of the packet is several words.
        nft insert rule "$family" "$table" "$chain" $from ${transport} dport ${port} counter accept \\
          comment "\\"$rule\\"" || exit
      done || exit
      for handle in $(printf '%s\\n' "$found" | cut -d ' ' -f 1); do
        nft delete rule "$family" "$table" "$chain" handle "$handle" || exit
      done
    fi
    ;;
  esac
done
`;
}

/**
 * Prints for each port a line with who manages the rules and whether that has one for the port
 * (0 or 1), then the chains of `openPortScript --check` and an empty line.
 */
export function firewallFactScript(firewalls: readonly FirewallResource[]): string {
  const asked = firewalls.map((firewall) => {
    const { transport, port, sources = [] } = firewall;
    const allowed = `^### tuple ### allow \\(${transport}\\|any\\) ${port} `;
    // What follows is the address that packets go to, their port, and where they come from.
    const ufwRules = sources.length === 0
      ? [allowed]
      : sources.map((source) => `${allowed}[^ ]* [^ ]* ${source.replaceAll(".", "\\.")} `);
    const hasAll = ufwRules.map((rule) =>
      `grep -hqs ${shellQuote(rule)} /etc/ufw/user.rules /etc/ufw/user6.rules`
    ).join(" && ");
    const firewalldRule = `<port .*port="${port}" .*protocol="${transport}"`;
    return `allowed=0
case $manager in
ufw) ! { ${hasAll}; } || allowed=1 ;;
firewalld) ! grep -rqs ${shellQuote(firewalldRule)} /etc/firewalld/zones || allowed=1 ;;
esac
echo "$manager $allowed"
[ "$manager" != nftables ] || (set -- --check; eval ${shellQuote(openPortScript(firewall))})
echo
`;
  });
  return `manager=unknown
if grep -qs '^ENABLED=yes' /etc/ufw/ufw.conf; then manager=ufw
elif [ -e /run/firewalld ] || [ -e /run/firewalld.pid ]; then manager=firewalld
elif command -v nft > /dev/null; then manager=nftables
fi
${asked.join("")}`;
}
