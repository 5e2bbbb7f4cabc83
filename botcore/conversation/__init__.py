"""One turn of a conversation: who may speak, what they said, what the model is told, what it answers."""
