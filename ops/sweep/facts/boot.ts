import type { FactSource } from "./fact_source.ts";

/** Whether a host waits for a reboot. */
export interface BootFacts {
  /** Its packages say so. */
  readonly isRequired: boolean;
  /** Because of these; not all of them. */
  readonly packages: readonly string[];
  /** Kernels that it could start: the names behind `vmlinuz-`. */
  readonly kernels: readonly string[];
}

/** Packages and kernels that are kept. */
const maxNames = 20;
const namePattern = /^[\w.+~-]{1,100}$/;

/** The signs of a pending reboot. */
export const boot: FactSource<BootFacts> = {
  script: () =>
    `if [ -e /run/reboot-required ]; then
  echo required
  [ ! -e /run/reboot-required.pkgs ] || head -c 2000 /run/reboot-required.pkgs |
    while read -r name; do echo "package $name"; done
fi
for p in /boot/vmlinuz-*; do
  [ ! -e "$p" ] || echo "kernel \${p#/boot/vmlinuz-}"
done
echo end
`,

  parse(output): BootFacts | undefined {
    const lines = output.split("\n");
    if (!lines.includes("end")) return undefined;
    const named = (kind: string): string[] => {
      const names = lines.filter((line) => line.startsWith(`${kind} `))
        .map((line) => line.slice(kind.length + 1))
        .filter((name) => namePattern.test(name));
      return [...new Set(names)].slice(0, maxNames);
    };
    return {
      isRequired: lines.includes("required"),
      packages: named("package"),
      kernels: named("kernel"),
    };
  },
};
