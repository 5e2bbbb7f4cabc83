"""Small sums, computed exactly: `12 * (3 + 4)`, `what is 2 plus 2?`, `7乘以6等于多少`."""

# Chinese and Japanese punctuation is meant as it stands.
# ruff: noqa: RUF001

import re
from fractions import Fraction

_ASKING = re.compile(
    r"^(?:please |hey |so |and |now |can you |could you |tell me )*"
    r"(?:what(?:'s| is| does)|how much(?: is| are)?|calculate|compute|evaluate|solve|work out|请问|请计算|计算)?\s*",
    re.IGNORECASE,
)
_ENDING = re.compile(
    r"(?:\s*(?:equals?|make|等于多少|等于几|是多少|はいくつですか|はいくつ|はいくら|は何ですか|は|[=?？.。!]|please))+\s*$",
    re.IGNORECASE,
)
_SPOKEN = (
    (re.compile(r"\bplus\b|加|足す", re.IGNORECASE), "+"),
    (re.compile(r"\bminus\b|减|引く|−|–", re.IGNORECASE), "-"),
    (re.compile(r"\bmultiplied by\b|\btimes\b|乘以|乘|掛ける|かける|×|·|(?<=[\d\s)])x(?=[\d\s(])", re.IGNORECASE), "*"),
    (re.compile(r"\bdivided by\b|\bover\b|除以|割る|÷", re.IGNORECASE), "/"),
    (re.compile(r"\bto the power of\b|\*\*", re.IGNORECASE), "^"),
    (re.compile(r"\bsquared\b", re.IGNORECASE), "^2"),
)  # fmt: skip
_SUM = re.compile(r"[\d.\s+\-*/^()]+")
_TOKEN = re.compile(r"\d+(?:\.\d+)?|\.\d+|[-+*/^()]")
_DATE_OR_NUMBER = re.compile(r"\d+(?:[-./]\d+){2,}|\+?\d[\d\s-]*")  # a date, a version, a telephone number
_LONGEST = 100
_BIGGEST_BITS = 4096


def solve(text: str) -> str | None:
    """The value of the sum in `text`, or None where the text is no sum."""
    if len(text) > _LONGEST:
        return None
    bare = _ENDING.sub("", text.strip())
    asked = _ASKING.match(bare)
    start = asked.end() if asked else 0
    expression = re.sub(r"(?<=\d),(?=\d{3}\b)", "", bare[start:])
    for spoken, sign in _SPOKEN:
        expression = spoken.sub(sign, expression)
    expression = expression.strip()
    if not _SUM.fullmatch(expression) or not re.search(r"[\d)]\s*[-+*/^]\s*[-\d(.]", expression):
        return None
    if not start and _DATE_OR_NUMBER.fullmatch(expression) and not re.search(r"\s[-+*/]\s|=", text):
        return None
    try:
        return _shown(_Parser(_TOKEN.findall(expression)).whole())
    except ZeroDivisionError:
        return "undefined (division by zero)"
    except (ValueError, OverflowError):
        return None


def _shown(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.10g}"


class _Parser:
    """Recursive descent: sums of products of powers."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = [*tokens, ""]
        self._at = 0

    def whole(self) -> Fraction:
        value = self._sum()
        if self._tokens[self._at]:
            raise ValueError("something is left over")
        return value

    def _sum(self) -> Fraction:
        value = self._product()
        while (sign := self._tokens[self._at]) in {"+", "-"}:
            self._at += 1
            value = value + self._product() if sign == "+" else value - self._product()
        return value

    def _product(self) -> Fraction:
        value = self._signed()
        while (sign := self._tokens[self._at]) in {"*", "/"}:
            self._at += 1
            value = value * self._signed() if sign == "*" else value / self._signed()
        return value

    def _signed(self) -> Fraction:
        if (sign := self._tokens[self._at]) in {"+", "-"}:
            self._at += 1
            return -self._signed() if sign == "-" else self._signed()
        return self._power()

    def _power(self) -> Fraction:
        base = self._atom()
        if self._tokens[self._at] != "^":
            return base
        self._at += 1
        exponent = self._signed()
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if exponent.denominator != 1 or abs(exponent.numerator) * bits > _BIGGEST_BITS:
            raise ValueError("the power is too big, or not whole")
        return base**exponent.numerator

    def _atom(self) -> Fraction:
        part = self._tokens[self._at]
        self._at += 1
        if part == "(":
            value = self._sum()
            if self._tokens[self._at] != ")":
                raise ValueError("a bracket is not closed")
            self._at += 1
            return value
        return Fraction(part)
