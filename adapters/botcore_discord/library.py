"""discord.py, imported in one place: its voice part imports audioop, which warns on Python 3.11 and 3.12."""

import warnings

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)
    import discord
    from discord.gateway import DiscordWebSocket, ReconnectWebSocket
    from discord.http import Route

__all__ = ["DiscordWebSocket", "ReconnectWebSocket", "Route", "discord"]
