"""`jaxtext verify`: check the exercise sheet and print the certificate."""

from dataclasses import dataclass
from typing import Annotated

from tyro.conf import arg

from jaxtext.cli.shared import JsonFile


@dataclass(frozen=True)
class Verify:
    """Check every formula, gradient and number of the exercise sheet; exit with 1 if one fails."""

    # Write the certificate to this file.
    json: JsonFile = None

    # Run only the checks whose id begins with this, for example backprop.c or gradients.stream.
    only: Annotated[str, arg(metavar="ID-PREFIX", help_behavior_hint="")] = ""


def verify(options: Verify) -> int:
    """Print the certificate; return 1 if a check fails, else 0."""
    from jaxtext.base.files import json_text, replacing_if
    from jaxtext.reports.certificate import print_certificate
    from jaxtext.verification import certificate

    # Opened first, so that a file that cannot be written is reported before the work is done.
    with replacing_if(options.json) as file:
        checks = certificate.certify(options.only)
        if file is not None:
            file.write_text(json_text(certificate.report(checks)), encoding="utf-8")
    print_certificate(checks)
    return 1 if certificate.failed(checks) else 0
