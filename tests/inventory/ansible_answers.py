"""Answers questions with the real ansible-inventory and ansible commands.

Starting Ansible takes half a second, most of it for imports. So this imports it once and forks for
every question; the child then runs the command's own main function with its own arguments.

Reads one JSON list per line, ["ansible-inventory", ARGUMENT, ...], and writes one JSON object per
line: {"code": N, "stdout": TEXT, "stderr": TEXT}.
"""

import json
import os
import sys
import tempfile

import ansible.cli.adhoc
import ansible.cli.inventory
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.manager import VariableManager

COMMANDS = {"ansible-inventory": ansible.cli.inventory.main, "ansible": ansible.cli.adhoc.main}


def load_plugins():
    loader = DataLoader()
    inventory = InventoryManager(loader, sources=["warm,"])
    VariableManager(loader, inventory).get_vars(host=inventory.get_host("warm"))


def run(command, output, errors):
    os.dup2(output.fileno(), 1)
    os.dup2(errors.fileno(), 2)
    code = 1
    try:
        code = COMMANDS[command[0]](command)
    except SystemExit as end:
        code = end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0)


def answer(command):
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        child = os.fork()
        if child == 0:
            run(command, output, errors)
        _, status = os.waitpid(child, 0)
        texts = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
        code = os.waitstatus_to_exitcode(status)
        return {"code": code, "stdout": texts[0], "stderr": texts[1]}


def main():
    load_plugins()
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


main()
