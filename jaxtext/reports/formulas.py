"""Formulas in the texts of the certificate, as MathML, which browsers draw without a library.

The texts write formulas in characters that any terminal has: `w_12^(2)`, `sigma'(x)`, `-L <= j`.
"""

import re
from collections.abc import Iterator
from html import escape

from jaxtext.base.html import visible

SYMBOLS = {
    "<=": "\u2264", ">=": "\u2265", "!=": "\u2260", "-": "\u2212", "*": "\u00b7", "..": "\u2026",
    ".": "\u00b7", "->": "\u2192", "inf": "\u221e", "sum": "\u2211", "prod": "\u220f",
    "'": "\u2032",
}  # fmt: skip
GREEK = {
    "alpha": "\u03b1", "beta": "\u03b2", "gamma": "\u03b3", "delta": "\u03b4",
    "epsilon": "\u03b5", "eta": "\u03b7", "theta": "\u03b8", "lambda": "\u03bb", "mu": "\u03bc",
    "pi": "\u03c0", "rho": "\u03c1", "sigma": "\u03c3", "tau": "\u03c4", "phi": "\u03c6",
    "psi": "\u03c8", "omega": "\u03c9",
}  # fmt: skip
FUNCTIONS = frozenset(("ln", "log", "exp", "tanh", "relu", "PMI", "softmax", "NLL", "max", "min"))
TOKEN = re.compile(
    r"\s+|\d[\d,]*\d(?:\.\d+)?|\d(?:\.\d+)?(?:e[+-]?\d+)?|[A-Za-z]+|<=|>=|!=|\+=|->|\.\.|."
)
SCRIPT = re.compile(r"[A-Za-z0-9]+")
OPERATORS = frozenset(("=", "<=", ">=", "!=", "+=", "<", ">", "+", "-", "/", "*", "|", "->"))
# A word is part of a formula if it has an index, a sign of equality, a call, or Greek letters.
STRONG = re.compile(
    r"[_^=<>#]|\d/|\d\.\.|'\W|\b[A-Za-z]'$|\bw\.[cn]|\bd[A-Za-z]+/d|\bdy\b|\|\w\||^\W*\w/[\w(]\W?|"
    rf"^\W*[A-Za-z]+'*[(\[]|^\W*(?:{'|'.join((*GREEK, *FUNCTIONS))})\b"
)
PLAIN = re.compile(r"[A-Za-z0-9_^'().,\[\]|+\-*/=<>!#]+")
PROSE = re.compile(r"[A-Za-z]{3,}[-/][A-Za-z]{3,}")  # such as log-likelihood
LETTER = re.compile(r"[b-zB-HJ-Z]'?")  # "a" and "I" are words
AROUND = "()[]|-"  # of a letter
NUMBER = re.compile(r"[(\[]*-?\d[\d.,]*[)\]]*")
TAIL = re.compile(r"[.,;:]+$")


def as_html(text: str) -> str:
    """Return a text with its formulas as MathML, and everything else escaped.

    >>> as_html("y_1 <= 2 & others")
    '<math><msub><mi>y</mi><mn>1</mn></msub><mo>≤</mo><mn>2</mn></math> &amp; others'
    """
    return "".join(mathml(part) if formula else escape(part) for part, formula in parts(text))


def parts(text: str) -> list[tuple[str, bool]]:
    """Divide a text into formulas, and what stands between them."""
    found: list[tuple[str, bool]] = []
    run: list[str] = []  # words of a formula, and the spaces between them

    def end() -> None:
        whole = "".join(run)
        run.clear()
        bare = whole.rstrip()
        before, formula, after = _trimmed(bare)
        if not _is_formula(formula):
            before, formula, after = bare, "", ""
        found.extend([(before, False), (formula, True), (after + whole[len(bare) :], False)])

    for piece in re.split(r"(\s+)", visible(text)):
        if run and piece.isspace():
            run.append(piece)
            continue
        if _open("".join(run)) > 0 or _belongs(piece):
            run.append(piece)
            if TAIL.search(piece) and _open("".join(run)) <= 0:
                end()
            continue
        end()
        found.append((piece, False))
    end()
    return [each for each in found if each[0]]


def _open(text: str) -> int:
    return text.count("(") - text.count(")")


def _belongs(word: str) -> bool:
    bare = TAIL.sub("", word)
    if bare in OPERATORS:
        return True
    if not PLAIN.fullmatch(bare) or PROSE.search(bare):
        return False
    return bool(STRONG.search(bare) or _is_letter(bare) or NUMBER.fullmatch(bare))


def _is_letter(word: str) -> bool:
    return bool(LETTER.fullmatch(word.strip(AROUND)))


def _trimmed(text: str) -> tuple[str, str, str]:
    """Take what belongs to the sentence off both ends: punctuation, brackets without a partner."""
    tail = TAIL.search(text)
    after = tail[0] if tail else ""
    text = text[: len(text) - len(after)]
    before = ""
    while _open(text) > 0 and text.startswith("("):
        before, text = before + "(", text[1:]
    while _open(text) < 0 and text.endswith(")"):
        text, after = text[:-1], ")" + after
    for operator in ("- ", "/ ", "| "):
        if text.startswith(operator) and not text[2:3].isdigit():
            before, text = before + operator, text[2:]
    lead = re.match(r"\s*", text)
    assert lead
    return before + lead[0], text[lead.end() :], after


def _is_formula(text: str) -> bool:
    """Whether something is more than a number or a lone sign."""
    words = text.split()
    if not words or _open(text):
        return False
    if len(words) == 1:
        return text not in FUNCTIONS and bool(STRONG.search(text) or _is_letter(text))
    return not set(words) <= OPERATORS and any(
        STRONG.search(word) or _is_letter(word) or word in OPERATORS for word in words
    )


def mathml(formula: str) -> str:
    """Return a formula as an element of MathML.

    >>> mathml("w_ij^(k)")
    '<math><msubsup><mi>w</mi><mi>ij</mi><mi>k</mi></msubsup></math>'
    """
    return f"<math>{''.join(_row(formula))}</math>"


def _row(text: str) -> Iterator[str]:
    """Yield the elements of a formula, each with its index and its exponent."""
    place = 0
    while place < len(text):
        token = TOKEN.match(text, place)
        assert token
        place = token.end()
        if token[0].isspace():
            continue
        before = text[: token.start()]
        base, primes = _atom(token[0], before), 0
        while text[place : place + 1] == "'":
            place, primes = place + 1, primes + 1
        scripts = {"_": "", "^": ""}
        while text[place : place + 1] in ("_", "^") and not scripts[text[place]]:
            sign = text[place]
            scripts[sign], place = _script(text, place + 1)
            if sign == "_":
                while text[place : place + 1] == "'":
                    place, primes = place + 1, primes + 1
        scripts["^"] = "".join(["<mo>\u2032</mo>"] * primes) + scripts["^"]
        yield _scripted(base, *map(_one, scripts.values()))


def _script(text: str, place: int) -> tuple[str, int]:
    """Return the elements of an index or exponent, and where the formula goes on."""
    if text[place : place + 1] == "(":
        depth, end = 1, place + 1
        while end < len(text) and depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        return "".join(_row(text[place + 1 : end - 1])), end
    token = SCRIPT.match(text, place)
    if token is None:
        return "", place
    kind = "mn" if token[0].isdecimal() else "mi"
    return f"<{kind}>{GREEK.get(token[0], token[0])}</{kind}>", token.end()


def _one(elements: str) -> str:
    """Return elements as one."""
    return f"<mrow>{elements}</mrow>" if elements.count("</m") > 1 else elements


def _scripted(base: str, index: str, exponent: str) -> str:
    if index and exponent:
        return f"<msubsup>{base}{index}{exponent}</msubsup>"
    if index:
        return f"<msub>{base}{index}</msub>"
    return f"<msup>{base}{exponent}</msup>" if exponent else base


def _atom(token: str, before: str) -> str:
    if token[0].isdecimal():
        return f"<mn>{token}</mn>"
    if token in GREEK:
        return f"<mi>{GREEK[token]}</mi>"
    if token in FUNCTIONS:
        return (
            f"<mi>{token}</mi><mspace width='0.17em'/>" if token in ("ln", "log") else _name(token)
        )
    if token in ("sum", "prod"):
        return f"<mo>{SYMBOLS[token]}</mo>"
    if token.isalpha():
        if len(token) == 2 and token[0] == "d":  # a differential
            return f"<mrow><mi>d</mi><mi>{token[1]}</mi></mrow>"
        return _name(token) if len(token) < 3 else f"<mtext>\u00a0{token}\u00a0</mtext>"
    sign = SYMBOLS.get(token, token)
    form = " form='prefix'" if token == "-" and before.rstrip()[-1:] in ("", "(", "=", ",") else ""
    stretchy = " stretchy='false'" if token in "|()[]" else ""
    return f"<mo{form}{stretchy}>{escape(sign)}</mo>"


def _name(name: str) -> str:
    return f"<mi>{name}</mi>"
