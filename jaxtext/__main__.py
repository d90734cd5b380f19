"""The entry point of `python -m jaxtext` and of the `jaxtext` command."""

import io
import sys


def main() -> None:
    """Run the command line and exit with its status (see `jaxtext.cli.main.run`)."""
    try:
        from jaxtext.base import compiled, cores

        compiled.keep()
        compiled.repeatably()
        cores.device_for_each()
        from jaxtext.cli import run
    except KeyboardInterrupt:
        sys.exit(130)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # for terminals that are not UTF-8
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
