"""The peer llm-sandbox, as it is meant to be quick: one open session, whose container all programs share. Prints JSON.

Arguments: image, programs. Needs llm-sandbox[docker]; exits with 3 where it cannot be imported.
"""

import importlib.metadata
import json
import sys
import time

try:
    import docker
    from llm_sandbox import SandboxSession
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(3)

PROGRAM = 'print("x", flush=True)'


def version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "from source"


def main():
    image, programs = sys.argv[1], int(sys.argv[2])
    options = {
        "lang": "python",
        "image": image,
        "keep_template": True,
        # No virtual environment and no look for pip: only Python.
        "skip_environment_setup": True,
        "runtime_configs": {"network_mode": "none"},
    }
    times = []
    with SandboxSession(**options) as session:
        for number in range(programs + 1):
            began = time.perf_counter()
            result = session.run(PROGRAM)
            took = (time.perf_counter() - began) * 1000
            if result.exit_code != 0 or result.stdout.strip() != "x":
                sys.exit(f"a program failed: {result}")
            # The first one makes the folder.
            if number > 0:
                times.append(took)
    versions = f"llm-sandbox {version('llm-sandbox')}, docker {docker.__version__}"
    print(json.dumps({"versions": versions, "endMs": times}))


main()
