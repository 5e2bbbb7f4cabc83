"""Simulated platforms and API servers, and pytest fixtures.

Public and documented: anybody can test a bot for real with them, over real sockets.
"""
