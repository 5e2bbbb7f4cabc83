"""From conversations to a model of one's own: what people agreed to and liked becomes training data.

`selection` makes examples of turns, `redaction` takes personal data out of them, `screening` asks the moderation,
`dataset` writes and reads the files, `validation` checks them, `comparison` lets two models answer the same questions.
"""
