"""What a plain YAML scalar means, in kubectl's dialect, and where dialects differ.

kubectl reads YAML through sigs.k8s.io/yaml (a YAML 1.1 dialect without base 60 and without dates); PyYAML reads
YAML 1.1, most editors YAML 1.2. `resolve` gives kubectl's value, `differs` tells whether another dialect disagrees.
"""

import re

Scalar = str | int | float | bool | None

WORDS: dict[str, Scalar] = {
    **{word: True for word in ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")},
    **{word: False for word in ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")},
    **{word: None for word in ("", "~", "null", "Null", "NULL")},
}
PLAIN_WORDS = {"", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE"}
MAY_BE_TYPED = frozenset("0123456789+-.yYnNtTfFoO~")
DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)")
OTHER_INT = re.compile(r"[-+]?0([xX][0-9a-fA-F]+|[bB][01]+|[oO]?[0-7]+)")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
PLAIN_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+][0-9]+)?")
BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
SPECIAL_FLOAT = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
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
    plain = text.replace("_", "") if text[0] != "." else text
    if DECIMAL.fullmatch(plain):
        return int(plain)
    if OTHER_INT.fullmatch(plain):
        digits = plain.lstrip("+-").lower()
        value = int(digits, 0) if digits[1] in "xbo" else int(digits, 8)
        return -value if plain[0] == "-" else value
    if FLOAT.fullmatch(plain):
        return float(plain)
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


def must_be_quoted(text: str) -> bool:
    """Tell whether the string *text*, written plain, would be read as something else by some dialect."""
    return not isinstance(resolve(text), str) or differs(text)
