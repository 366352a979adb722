// deno-lint-ignore-file no-console -- a command: what it prints is its result
/**
 * Records what Ansible answers to the cases: `deno run -A tests/inventory/record.ts [NAME…]`. Needs
 * Debian 12's ansible-core (2.14).
 */
import { Ansible, installedRelease, recordedRelease } from "./ansible.ts";
import { inventoryCases } from "./inventory_case.ts";

const release = installedRelease();
if (release !== recordedRelease) {
  throw new Error(`Cannot record as ansible-core must be ${recordedRelease}: it is ${release}`);
}
await using ansible = new Ansible();
for (const each of inventoryCases()) {
  if (Deno.args.length > 0 && !Deno.args.includes(each.name)) continue;
  const answers = await ansible.answer(each);
  Deno.writeTextFileSync(
    `${each.directory}answers.json`,
    `${JSON.stringify(answers, undefined, 2)}\n`,
  );
  console.log(each.name);
}
