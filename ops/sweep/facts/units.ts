import { shellCommand } from "../../engine/connection/quote.ts";
import { unitProperties } from "../../engine/health/shell_functions.ts";
import { type FleetHost, programsOf, unitOf } from "../../fleet/fleet.ts";

/** Seconds that systemd may take to tell of units. */
const maxSeconds = 5;

/** What of each unit some source wants to know. */
const properties = new Set(["Id", "ExecMainStartTimestampMonotonic", ...unitProperties]);

/**
 * Shell text that asks systemd once for all sources, and sets `units` to its answer: a block of
 * lines `Property=value` for each program, with an empty line between them.
 */
export function unitsScript(host: FleetHost): string {
  const units = shellCommand(programsOf(host).map(unitOf));
  return `units=$(timeout ${maxSeconds} systemctl show --property=${[...properties].join(",")} -- \\
  ${units} 2> /dev/null)
`;
}

/** A shell function `show UNIT` that prints the unit's block of `$units`, as systemctl would. */
export const showFunction = `
show() {
  rest=$units
  while :; do
    block=\${rest%%"$nl$nl"*}
    case $nl$block$nl in
    *"\${nl}Id=$1$nl"*)
      printf '%s\\n' "$block"
      return
      ;;
    esac
    [ "$block" != "$rest" ] || return 1
    rest=\${rest#*"$nl$nl"}
  done
}
`;
