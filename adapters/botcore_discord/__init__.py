"""Discord: receive, send, convert and pace, on discord.py."""
