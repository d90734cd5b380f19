"""Proof by computation: gradients by hand, optima, references, and every claim of the sheet.

This package may import every formula and trainer; none of them imports it.
"""

from jaxtext.verification import certificate, claims, gradients, optima, oracles, references
from jaxtext.verification.certificate import certify

__all__ = ["certificate", "certify", "claims", "gradients", "optima", "oracles", "references"]
