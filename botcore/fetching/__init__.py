"""URLs that a person, the model or an answer of the API supplied: fetched here and nowhere else, under one guard.

Whoever writes a URL chooses where this program connects to, from inside the operator's network. So: https alone unless
the operator says otherwise; no address that is not public, whatever it is spelt like and whatever name leads to it; the
connection goes to the very addresses that were checked, so that a second answer of the name server changes nothing;
every redirect is checked like a URL of its own; size and time are capped; no cookie, key, proxy or packed content.
"""

from botcore.fetching.fetcher import Download, Fetcher
from botcore.fetching.resolving import Resolve

__all__ = ["Download", "Fetcher", "Resolve"]
