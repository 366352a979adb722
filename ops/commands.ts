import type { OptionDeclarations, ProgramDeclaration } from "../tunnel/options.ts";

/** A command as its task in `deno.json` starts it. */
export interface CommandEntry {
  /** The task's name. */
  readonly name: string;
  /** Loads the module that declares its command line; slow, as that module does the work too. */
  load(): Promise<ProgramDeclaration<OptionDeclarations>>;
}

/** The commands, in the order in which they are told about. A test holds it to `deno.json`. */
export const commands: readonly CommandEntry[] = [
  { name: "deploy", load: async () => (await import("./deploy.ts")).program },
  { name: "restart", load: async () => (await import("./restart.ts")).program },
  { name: "rollback", load: async () => (await import("./rollback.ts")).program },
  { name: "status", load: async () => (await import("./status.ts")).program },
  { name: "sweep", load: async () => (await import("./sweep.ts")).program },
  { name: "logs", load: async () => (await import("./logs.ts")).program },
  { name: "exec", load: async () => (await import("./exec.ts")).program },
  { name: "inventory", load: async () => (await import("./inventory.ts")).program },
  { name: "probe", load: async () => (await import("./probe/arguments.ts")).probeProgram },
  { name: "dashboards", load: async () => (await import("./dashboards.ts")).program },
  { name: "down", load: async () => (await import("./down.ts")).program },
  { name: "completions", load: async () => (await import("./completion/declaration.ts")).program },
];
