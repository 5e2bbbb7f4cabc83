"""Telegram: receive, send, convert and pace, on python-telegram-bot."""
