"""`jaxtext verify`: check the exercise sheet and print the certificate."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import FlagCreatePairsOff, arg

from jaxtext.cli.shared import STANDARD_OUTPUT, JsonFile, to_stdout, write_result


@dataclass(frozen=True)
class Verify:
    """Check every formula, gradient and number of the exercise sheet; exit with 1 if one fails."""

    # Write the certificate to this file as JSON; - is standard output.
    json: JsonFile = None

    # Write the certificate to this file as a page, with formulas, that needs no network; - is
    # standard output.
    html: Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")] = None

    # Print one row per gradient and oracle, instead of one per gradient.
    all: FlagCreatePairsOff[Annotated[bool, arg(help_behavior_hint="")]] = False

    # Run only the checks whose id begins with this, for example backprop.c or gradients.stream.
    only: Annotated[str, arg(metavar="ID-PREFIX", help_behavior_hint="")] = ""


def verify(options: Verify) -> int:
    """Print the certificate; return 1 if a check fails, else 0."""
    from jaxtext.base.files import json_text, replacing_if
    from jaxtext.reports.certificate import page, print_certificate
    from jaxtext.reports.rendering import require
    from jaxtext.verification import certificate

    # Opened first, so that a file that cannot be written is reported before the work is done.
    silent = to_stdout(options.json, options.html)
    if options.html is not None:
        require("jinja2")
    made = [
        (options.json, lambda checks: json_text(certificate.report(checks))),
        (options.html, page),
    ]
    with ExitStack() as opened:
        results = [
            (
                opened.enter_context(replacing_if(None if path == STANDARD_OUTPUT else path)),
                path,
                of,
            )
            for path, of in made
            if path is not None
        ]
        checks = certificate.certify(options.only)
        for file, path, of in results:
            if file is None:
                write_result(path, of(checks))
            else:
                file.write_text(of(checks), encoding="utf-8")
    if not silent:
        print_certificate(checks, options.all)
    return 1 if certificate.failed(checks) else 0
