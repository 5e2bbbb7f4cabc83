"""Typed function to text command, slash options, tool schema and help; and the one gate before it."""
