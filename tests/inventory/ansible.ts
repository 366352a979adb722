import { type InventoryAnswers, type InventoryCase, sourcesIn } from "./inventory_case.ts";

interface RawAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where Debian's package `ansible-core` has the command; its first line names the interpreter. */
export const ansibleInventory = "/usr/bin/ansible-inventory";

/** The release that the answers are recorded with, that of Debian 12; others differ in details. */
export const recordedRelease = "2.14";

/** The release of the installed Ansible, such as `2.14`. */
export function installedRelease(): string | undefined {
  const { stdout } = new Deno.Command(ansibleInventory, { args: ["--version"] }).outputSync();
  return /core (\d+\.\d+)/.exec(new TextDecoder().decode(stdout))?.[1];
}

/** The real Ansible, asked about copies of the cases: no path of this machine gets in. */
export class Ansible implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #scratch: string;
  readonly #requests: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: ReadableStreamDefaultReader<string>;
  #unread = "";

  constructor() {
    const [firstLine = ""] = Deno.readTextFileSync(ansibleInventory).split("\n");
    const [interpreter = "", ...args] = firstLine.replace(/^#!\s*/, "").split(/\s+/);
    this.#scratch = Deno.makeTempDirSync({ prefix: "ztna-inventory-" });
    Deno.mkdirSync(`${this.#scratch}/home`);
    // Settings of this machine or user must not change the answers.
    Deno.writeTextFileSync(`${this.#scratch}/ansible.cfg`, "");
    this.#process = new Deno.Command(interpreter, {
      args: [...args, "-I", new URL("./ansible_answers.py", import.meta.url).pathname],
      cwd: `${this.#scratch}/home`,
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        HOME: `${this.#scratch}/home`,
        LC_ALL: "C.UTF-8",
        ANSIBLE_CONFIG: `${this.#scratch}/ansible.cfg`,
        ANSIBLE_NOCOLOR: "1",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#requests = this.#process.stdin.getWriter();
    this.#answers = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** What Ansible answers to the questions of a case. */
  async answer(inventoryCase: InventoryCase): Promise<InventoryAnswers> {
    const directory = `${this.#scratch}/${inventoryCase.name}/`;
    copyTree(inventoryCase.directory, directory);
    const sources = sourcesIn(directory, inventoryCase).flatMap((source) => ["-i", source]);
    const list = JSON.parse((await this.#ask("ansible-inventory", ...sources, "--list")).stdout);
    const graph = inventoryCase.graph
      ? (await this.#ask("ansible-inventory", ...sources, "--graph")).stdout.trimEnd()
      : undefined;
    const hosts: string[][] = [];
    for (const { pattern, limit } of inventoryCase.hosts) {
      const limited = limit === undefined
        ? []
        : ["--limit", limit.replaceAll("{case}/", directory)];
      const { stdout } = await this.#ask(
        "ansible",
        ...[...sources, ...limited, "--list-hosts", "--", pattern],
      );
      // The first line says how many there are.
      hosts.push(stdout.trimEnd().split("\n").slice(1).map((line) => line.slice(4)));
    }
    return { list, ...(graph === undefined ? {} : { graph }), hosts };
  }

  async #ask(...command: string[]): Promise<RawAnswer> {
    await this.#requests.write(new TextEncoder().encode(`${JSON.stringify(command)}\n`));
    while (!this.#unread.includes("\n")) {
      const { value, done } = await this.#answers.read();
      if (done) throw new Error("Ansible has ended before it answered");
      this.#unread += value;
    }
    const end = this.#unread.indexOf("\n");
    const answer = JSON.parse(this.#unread.slice(0, end)) as RawAnswer;
    this.#unread = this.#unread.slice(end + 1);
    if (answer.code !== 0 || /ERROR|Unable to parse/.test(answer.stderr)) {
      throw new Error(`${command.join(" ")} has failed: ${answer.stderr}`);
    }
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#requests.close();
    await this.#answers.cancel();
    await this.#process.status;
    Deno.removeSync(this.#scratch, { recursive: true });
  }
}

function copyTree(from: string, to: string): void {
  Deno.mkdirSync(to);
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) copyTree(`${from}${name}/`, `${to}${name}/`);
    else Deno.copyFileSync(from + name, to + name);
  }
}
