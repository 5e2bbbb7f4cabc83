"""Delivery: every accepted message gets exactly one visible answer, in order, or an honest notice.

`Desk.accept` makes a message durable; `EmbeddedRunner` calls `Drain` whenever a conversation has open work, one at a
time per conversation and lane; `Drain` claims the oldest open message, has its turn taken, and has `Courier` deliver
what was committed. Every write after the claim is conditional on the claim's attempt (fencing).
"""
