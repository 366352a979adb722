import { BenchError } from "../bench_error.ts";

/** Versions of the tools that are compared. */
export interface ToolVersions {
  readonly ansible: string;
  readonly ssh: string;
  readonly deno: string;
}

/** @throws {BenchError} when one of them is missing. */
export async function readVersions(): Promise<ToolVersions> {
  const [ansible, ssh] = await Promise.all([
    firstLine("ansible-core", ["ansible", "--version"]),
    firstLine("openssh-client", ["ssh", "-V"]),
  ]);
  return { ansible, ssh, deno: Deno.version.deno };
}

async function firstLine(
  debianPackage: string,
  [program, ...args]: readonly string[],
): Promise<string> {
  try {
    const { stdout, stderr } = await new Deno.Command(program!, { args }).output();
    return new TextDecoder().decode(new Uint8Array([...stdout, ...stderr])).split("\n")[0]!;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new BenchError(
      `Cannot compare with "${program}" as it must be installed: ` +
        `run "apt-get install ${debianPackage}"`,
    );
  }
}
