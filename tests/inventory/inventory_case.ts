/** The recorded cases: inventories, and what Ansible says of them. */

/** A question about which hosts a pattern selects. */
export interface PatternQuestion {
  readonly pattern: string;
  /** `{case}` in it stands for the case's directory. */
  readonly limit?: string;
}

/** What is asked of an inventory, from its `case.json`. */
export interface InventoryCase {
  readonly name: string;
  /** With `/` at its end. */
  readonly directory: string;
  /** What `-i` is given; files in the case's directory. */
  readonly sources: readonly string[];
  /** Whether the graph is compared as well. */
  readonly graph: boolean;
  readonly hosts: readonly PatternQuestion[];
}

/** What Ansible answers, from `answers.json`. */
export interface InventoryAnswers {
  /** Of `ansible-inventory --list`. */
  readonly list: unknown;
  /** Of `ansible-inventory --graph`, where it was asked for. */
  readonly graph?: string;
  /** Of `ansible --list-hosts`, one for each question. */
  readonly hosts: readonly (readonly string[])[];
}

const casesDirectory = new URL("./cases/", import.meta.url);

/** All cases, by name. */
export function inventoryCases(): InventoryCase[] {
  const names = [...Deno.readDirSync(casesDirectory)].map(({ name }) => name).sort();
  return names.map((name) => {
    const directory = new URL(`${name}/`, casesDirectory).pathname;
    const questions = JSON.parse(Deno.readTextFileSync(`${directory}case.json`)) as {
      sources: string[];
      graph?: boolean;
      hosts?: PatternQuestion[];
    };
    const { sources, graph = false, hosts = [] } = questions;
    return { name, directory, sources, graph, hosts };
  });
}

/** The sources of a case that lies in a directory: a list of hosts stays as it is. */
export function sourcesIn(directory: string, { sources }: InventoryCase): string[] {
  return sources.map((source) => source.includes(",") ? source : directory + source);
}

/** What Ansible has answered when the case was recorded. */
export function recordedAnswers({ directory }: InventoryCase): InventoryAnswers {
  return JSON.parse(Deno.readTextFileSync(`${directory}answers.json`)) as InventoryAnswers;
}
