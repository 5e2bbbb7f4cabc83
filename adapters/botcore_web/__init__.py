"""The embedded default: chat with the bot in the browser, at http://127.0.0.1:8080.

Importing is cheap: NiceGUI and the web server are imported when the adapter starts.
"""

from botcore.adapter import Platform
from botcore_web.adapter import WebAdapter, build
from botcore_web.settings import WebSettings

__all__ = ["WebAdapter", "WebSettings", "adapter", "build"]

adapter = Platform(name="web", settings=WebSettings, build=build)
