/** How a program has ended. */
export interface RunOnFiles {
  readonly code: number;
  /** What it has written to standard output and standard error. */
  readonly output: string;
}

/**
 * Runs a program in a temporary directory with some files, such as a checker of them.
 *
 * @param files Texts by their names.
 */
export async function runOnFiles(
  program: string,
  args: readonly string[],
  files: Readonly<Record<string, string>>,
): Promise<RunOnFiles> {
  const directory = Deno.makeTempDirSync({ prefix: "ztna-files-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      Deno.writeTextFileSync(`${directory}/${name}`, text);
    }
    const command = new Deno.Command(program, { args: [...args], cwd: directory, stdin: "null" });
    const { code, stdout, stderr } = await command.output();
    const decoder = new TextDecoder();
    return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}
