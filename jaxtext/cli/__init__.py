"""The command line: one module per subcommand, its options and then its function."""

from jaxtext.cli.main import run

__all__ = ["run"]
