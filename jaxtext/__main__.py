"""`python -m jaxtext` and the `jaxtext` command."""

import io
import sys


def main() -> None:
    """Run the command line; the exit status is 2 for input that cannot be used."""
    try:
        from jaxtext.cli import run
    except KeyboardInterrupt:
        sys.exit(130)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that is not UTF-8
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
