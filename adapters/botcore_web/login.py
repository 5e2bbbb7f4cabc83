"""The access token: exchanged once for a cookie, compared in constant time, guessed slowly."""

import hashlib
import hmac
import time
from collections import OrderedDict, deque
from collections.abc import Callable

DAYS = 30
"""A browser stays logged in for this long. A changed token logs everybody out."""

TRIES, TRIES_OF_ALL, PERIOD = 5, 50, 60.0
"""Wrong tokens allowed from one address, and from all, in `PERIOD` seconds."""

_ADDRESSES_MOST = 1_000


class Pass:
    """Knows the token and makes and checks the cookies. Nothing is stored: a cookie carries its date, signed."""

    def __init__(self, token: str, port: int, clock: Callable[[], float] = time.time) -> None:
        self._token = token.encode()
        self._clock = clock
        self.cookie = f"botcore_web_{port}"  # cookies do not know ports: two bots on one machine must not collide

    def admits(self, token: str) -> bool:
        """Whether this is the token."""
        return hmac.compare_digest(token.encode("utf-8", "replace"), self._token)

    def issue(self, *, secure: bool) -> str:
        """The Set-Cookie value of a browser that knew the token."""
        issued = str(int(self._clock()))
        value = f"{issued}.{self._sign(issued)}"
        flags = f"Path=/; Max-Age={DAYS * 86_400}; HttpOnly; SameSite=Strict"
        return f"{self.cookie}={value}; {flags}{'; Secure' if secure else ''}"

    def holds(self, cookies: str) -> bool:
        """Whether a Cookie header carries a valid cookie of ours, whatever others of this host stand beside it.

        `http.cookies` reads no further than to the first that is not as the standard has it.
        """
        named = (pair.strip().partition("=") for pair in cookies.split(";"))
        return any(self._is_genuine(value) for name, _, value in named if name == self.cookie)

    def _is_genuine(self, value: str) -> bool:
        issued, _, signature = value.partition(".")
        if not issued.isascii() or not issued.isdigit() or len(issued) > 12:
            return False
        genuine = hmac.compare_digest(signature.encode(), self._sign(issued).encode())
        return genuine and -60 <= self._clock() - int(issued) <= DAYS * 86_400

    def _sign(self, issued: str) -> str:
        return hmac.new(self._token, f"botcore web {self.cookie} {issued}".encode(), hashlib.sha256).hexdigest()


class Tries:
    """Counts wrong tokens. Over the limit, not even a right one is looked at until the period is over."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque()

    def wait(self, address: str) -> float:
        """Seconds until this address may try again; 0: now."""
        now = self._clock()
        own = self._wrong.get(address, deque())
        return max(_left(own, TRIES, now), _left(self._all, TRIES_OF_ALL, now))

    def wrong(self, address: str) -> None:
        """A wrong token came from this address."""
        now = self._clock()
        own = self._wrong.setdefault(address, deque(maxlen=TRIES))
        self._wrong.move_to_end(address)
        own.append(now)
        self._all.append(now)
        if len(self._all) > TRIES_OF_ALL:
            self._all.popleft()
        if len(self._wrong) > _ADDRESSES_MOST:
            self._wrong.popitem(last=False)


def _left(times: deque[float], most: int, now: float) -> float:
    return max(0.0, times[-most] + PERIOD - now) if len(times) >= most else 0.0


def page(title: str, nonce: str, *, wrong: str = "") -> str:
    """The login page; `title` and `wrong` are ours, not a stranger's."""
    return _PAGE.format(title=title, nonce=nonce, wrong=f'<p role="alert">{wrong}</p>' if wrong else "")


def onward(nonce: str) -> str:
    """A page that goes on to the chat by itself.

    Not a redirect: browsers withhold a SameSite=Strict cookie from a redirect that began at a link elsewhere.
    """
    return _ONWARD.format(nonce=nonce)


_ONWARD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>One moment</title>
<meta http-equiv="refresh" content="0;url=/"><style nonce="{nonce}">:root {{ color-scheme: light dark }}</style></head>
<body><a href="/">Go on to the chat</a></body></html>
"""

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<style nonce="{nonce}">
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; display: grid; place-items: center; min-height: 100dvh; margin: 0;
  background: light-dark(#f6f6f8, #131317); color: light-dark(#1c1c22, #ececf1) }}
form {{ width: min(22rem, 100vw - 3rem); background: light-dark(#fff, #1c1c22); padding: 2rem; border-radius: 1rem;
  box-shadow: 0 8px 30px rgb(0 0 0 / .12); display: grid; gap: .9rem; box-sizing: border-box }}
h1 {{ font-size: 1.25rem; margin: 0 }} p {{ margin: 0; opacity: .75; font-size: .9rem }}
p[role=alert] {{ color: #d33a4c; opacity: 1 }}
input, button {{ font: inherit; padding: .65rem .8rem; border-radius: .6rem; border: 1px solid rgb(128 128 128 / .4);
  width: 100%; box-sizing: border-box }}
button {{ background: #5b5bd6; color: #fff; border: 0; font-weight: 600; cursor: pointer }}
</style></head><body><form method="post" action="/login"><h1>{title}</h1>
<p>This chat asks for its access token. It is the value of <code>web.token</code>.</p>{wrong}
<input type="password" name="token" aria-label="Access token" placeholder="Access token" autofocus required
  autocomplete="current-password"><button>Open the chat</button></form></body></html>
"""
