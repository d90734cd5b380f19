"""`jaxtext verify`: check the exercise sheet and print the certificate."""

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

    # Write the certificate to this file as a page, with formulas, that needs no network.
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
    silent = to_stdout(options.json)
    if options.html is not None:
        require()
    with (
        replacing_if(None if silent else options.json) as file,
        replacing_if(options.html) as html,
    ):
        checks = certificate.certify(options.only)
        content = json_text(certificate.report(checks))
        if file is not None:
            file.write_text(content, encoding="utf-8")
        if html is not None:
            html.write_text(page(checks), encoding="utf-8")
    if silent:
        write_result(STANDARD_OUTPUT, content)
    else:
        print_certificate(checks, options.all)
    return 1 if certificate.failed(checks) else 0
