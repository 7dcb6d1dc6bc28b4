"""What a plain YAML scalar means, in kubectl's dialect, and where dialects differ.

kubectl reads YAML through sigs.k8s.io/yaml (a YAML 1.1 dialect without base 60 and without dates); PyYAML reads
YAML 1.1, most editors YAML 1.2. `resolve` gives kubectl's value, `differs` tells whether another dialect disagrees.
"""

import math
import re

Scalar = str | int | float | bool | None

WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
PLAIN_WORDS = {"", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE"}
MAY_BE_TYPED = frozenset("0123456789+-.yYnNtTfFoO~")
DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)")
OTHER_INT = re.compile(r"[-+]?0([xX][0-9a-fA-F]+|[bB][01]+|[oO]?[0-7]+)")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
PLAIN_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+][0-9]+)?")
BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
SPECIAL_FLOAT = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
LONE_UNDERSCORE = re.compile(r"(?<![0-9])_|_(?![0-9])")
LONGEST_NUMBER = 64


def resolve(text: str) -> Scalar:
    """Return the value of the plain scalar *text* as kubectl takes it.

    >>> resolve("no"), resolve("012"), resolve("1e3"), resolve("12:30"), resolve("8Gi")
    (False, 10, 1000.0, '12:30', '8Gi')
    """
    if text and text[0] not in MAY_BE_TYPED:
        return text
    if text in WORDS:
        return WORDS[text]
    if text[0] not in "yYnNtTfFoO~" and len(text) <= LONGEST_NUMBER:
        return _number(text)
    return text


def _number(text: str) -> Scalar:
    if DECIMAL.fullmatch(text):
        return int(text)
    if text[0] == "." and LONE_UNDERSCORE.search(text):
        return text
    plain = text.replace("_", "")
    if DECIMAL.fullmatch(plain):
        return int(plain)
    if OTHER_INT.fullmatch(plain):
        digits = plain.lstrip("+-").lower()
        value = int(digits, 0) if digits[1] in "xbo" else int(digits, 8)
        return -value if plain[0] == "-" else value
    if FLOAT.fullmatch(plain):
        return float(plain) if math.isfinite(float(plain)) else text
    return float(text.replace(".", "")) if SPECIAL_FLOAT.fullmatch(text) else text


def differs(text: str) -> bool:
    """Tell whether YAML dialects take the plain scalar *text* differently.

    >>> [text for text in ("no", "012", "12:30", "1_000", "1e3", "true", "8", "0.5", "8Gi") if differs(text)]
    ['no', '012', '12:30', '1_000', '1e3']
    """
    if not text or text[0] not in MAY_BE_TYPED or text in PLAIN_WORDS:
        return False
    if DECIMAL.fullmatch(text) or PLAIN_FLOAT.fullmatch(text) or SPECIAL_FLOAT.fullmatch(text):
        return False
    return not isinstance(resolve(text), str) or BASE_60.fullmatch(text) is not None


def written_safely(text: str) -> str:
    """Return how to write the plain scalar *text*, on which dialects differ, so that all agree.

    >>> written_safely("no"), written_safely("1_000"), written_safely("12:30")
    ('write false, or quote it', 'write a plain decimal number, or quote it', 'quote it')
    """
    value = resolve(text)
    if isinstance(value, bool):
        return f"write {str(value).lower()}, or quote it"
    return "quote it" if isinstance(value, str) else "write a plain decimal number, or quote it"


def must_be_quoted(text: str) -> bool:
    """Tell whether the string *text*, written plain, would be read as something else by some dialect."""
    return not isinstance(resolve(text), str) or differs(text)
