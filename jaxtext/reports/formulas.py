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
SCRIPT = re.compile(r"-?[A-Za-z0-9]+(?:,[a-z]\b(?!_))*")
LAYER = re.compile(r"\d|[a-z]|[a-z]-1")
LONG = 24  # characters of a formula
BREAK = re.compile(r" (?:[=+-]|\+=|<=|>=) ")
ROW = re.compile(r"<mrow>(?:(?!</?mrow>).)*</mrow>")
FRACTION = re.compile(r"\w/[\w(|]")  # without spaces
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
    return "".join(
        " ".join(map(mathml, lines(part))) if formula else escape(part)
        for part, formula in parts(text)
    )


def lines(formula: str) -> list[str]:
    """Divide a long formula where a line may end, since browsers do not: before outer signs.

    >>> lines("L = ln(1 + e^x) + ln(1 + e^y) + ln(1 + e^z)")
    ['L', '= ln(1 + e^x)', '+ ln(1 + e^y)', '+ ln(1 + e^z)']
    """
    found, begin = [], 0
    if len(formula) <= LONG:
        return [formula]
    for sign in BREAK.finditer(formula):
        before = formula[: sign.start()]
        if _open(before) == 0 and before.count("[") == before.count("]"):
            found.append(formula[begin : sign.start()])
            begin = sign.start() + 1
    return [*found, formula[begin:]]


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

    >>> mathml("w'_j^2")
    '<math><msubsup><mi>w</mi><mi>j</mi><mrow><mo>′</mo><mn>2</mn></mrow></msubsup></math>'
    """
    return f"<math>{''.join(_row(formula))}</math>"


def _row(text: str) -> Iterator[str]:
    """Yield the elements of a formula, each with its index and its exponent."""
    place, last = 0, ""
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        apart = text[place - 1 : place].isspace() and text[place].isdecimal()
        if apart and last.isalnum():  # numbers that would otherwise run together
            yield "<mspace width='0.4em'></mspace>"
        element, end = _unit(text, place)
        fraction = FRACTION.match(text, end - 1)
        if fraction:
            below, end = _below(text, end + 1)
            element = f"<mfrac>{element}{_one(below)}</mfrac>"
        last, place = text[end - 1], end
        yield element


def _unit(text: str, place: int) -> tuple[str, int]:
    """Return a number, name or sign with what is set above and below it, and where it ends."""
    token = TOKEN.match(text, place)
    assert token
    place, primes = token.end(), 0
    scripts = {"_": "", "^": ""}
    while place < len(text) and token[0] not in OPERATORS:
        sign = text[place]
        if sign == "'":
            place, primes = place + 1, primes + 1
        elif sign in scripts and not scripts[sign]:
            scripts[sign], place = _script(text, place)
        else:
            break
    scripts["^"] = "<mo>\u2032</mo>" * primes + scripts["^"]
    base = _atom(token[0], text[: token.start()], text[token.end() :])
    return _scripted(base, *map(_one, scripts.values())), place


def _below(text: str, place: int) -> tuple[str, int]:
    """Return what stands below the line of a fraction, and where it ends."""
    if text[place] == "(":
        end = _closing(text, place)
        return "".join(_row(text[place + 1 : end - 1])), end
    if text[place] == "|":
        end = text.find("|", place + 1) + 1 or len(text)
        return "".join(_row(text[place:end])), end
    return _unit(text, place)


def _closing(text: str, place: int) -> int:
    """Return the place after the bracket that closes the one at a place."""
    depth, end = 1, place + 1
    while end < len(text) and depth:
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        end += 1
    return end


def _script(text: str, place: int) -> tuple[str, int]:
    """Return the elements of an index or exponent, and where the formula goes on."""
    sign, begin = text[place], place + 1
    if text[begin : begin + 1] == "(":
        end = _closing(text, begin)
        inside = text[begin + 1 : end - 1]
        # The number of a layer keeps its brackets, so that it is not taken for a power.
        keeps = sign == "^" and LAYER.fullmatch(inside)
        return "".join(_row(text[begin:end] if keeps else inside)), end
    token = SCRIPT.match(text, begin)
    if token is None:
        return "", begin
    if token[0].startswith("-"):
        return "".join(_row(token[0])), token.end()
    kind = "mn" if token[0].isdecimal() else "mi"
    return f"<{kind}>{GREEK.get(token[0], token[0])}</{kind}>", token.end()


def _one(elements: str) -> str:
    """Return elements as one."""
    is_one = elements.count("</m") == 1 or ROW.fullmatch(elements)
    return elements if is_one else f"<mrow>{elements}</mrow>"


def _scripted(base: str, index: str, exponent: str) -> str:
    empty = "<mrow></mrow>"
    if empty not in (index, exponent):
        return f"<msubsup>{base}{index}{exponent}</msubsup>"
    if index != empty:
        return f"<msub>{base}{index}</msub>"
    return base if exponent == empty else f"<msup>{base}{exponent}</msup>"


def _atom(token: str, before: str, after: str) -> str:
    if token[0].isdecimal():
        return f"<mn>{token}</mn>"
    if token in GREEK:
        return _name(GREEK[token])
    if token in ("sum", "prod"):
        return f"<mo>{SYMBOLS[token]}</mo>"
    if token.isalpha():
        if len(token) == 2 and token[0] == "d":  # a differential
            return f"<mrow>{_name('d')}{_name(token[1])}</mrow>"
        if token in ("ln", "log") and after[:1] == " ":
            return f"<mrow>{_name(token)}<mspace width='0.2em'></mspace></mrow>"
        word = len(token) > 2 and token not in FUNCTIONS
        return f"<mtext>{token}</mtext>" if word else _name(token)
    sign = escape(SYMBOLS.get(token, token))
    if token in "()[]":
        return f'<mo stretchy="false">{sign}</mo>'
    if token == "#":
        return _name(sign)
    if token == "|" and not (before[-1:] == " " == after[:1]):  # a size, not a condition
        return f'<mo stretchy="false" lspace="0" rspace="0">{sign}</mo>'
    if token == "-" and before.rstrip()[-1:] in ("", "(", "[", "=", ",") and after[:1] != " ":
        return f'<mo form="prefix">{sign}</mo>'
    return f"<mo>{sign}</mo>"


def _name(name: str) -> str:
    return f"<mi>{name}</mi>"
