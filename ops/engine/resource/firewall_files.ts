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

/**
 * Puts an accept rule at the top of every chain that all incoming packets pass and that may drop
 * some, unless it is there. A table of our own could not let anything in: nftables drops what any
 * one chain drops. With `--check` it only prints those chains, after `open` or `closed`.
 */
function openPortScript({ transport, port }: FirewallResource): string {
  const comment = `ztna ${transport} ${port}`;
  return `# Lets ${transport} packets to port ${port} in: \`nft list ruleset\` shows the rule by its comment.
nft list chains | while read -r first second third rest; do
  case $first in
  table) family=$second table=$third ;;
  chain) chain=$second ;;
  type)
    case "$family $second $third $rest" in
    "ip filter hook input "* | "ip6 filter hook input "* | "inet filter hook input "*) ;;
    *) continue ;;
    esac
    rules=$(nft list chain "$family" "$table" "$chain") || exit
    case $rules in
    *'policy drop'* | *drop* | *reject* | *jump* | *goto*) ;;
    *) continue ;;
    esac
    case $rules in
    *'comment "${comment}"'*) state=open ;;
    *) state=closed ;;
    esac
    if [ "\${1-}" = --check ]; then
      echo "$state $family $table $chain"
    elif [ "$state" = closed ]; then
      nft insert rule "$family" "$table" "$chain" ${transport} dport ${port} counter accept \\
        comment '"${comment}"' || exit
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
    const { transport, port } = firewall;
    const ufwRule = `^### tuple ### allow \\(${transport}\\|any\\) ${port} `;
    const firewalldRule = `<port .*port="${port}" .*protocol="${transport}"`;
    return `allowed=0
case $manager in
ufw) ! grep -qs ${shellQuote(ufwRule)} /etc/ufw/user.rules || allowed=1 ;;
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
