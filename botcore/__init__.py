"""A plugin-based chatbot framework.

Plugins are written with `botcore.plugin` and `botcore.messages`, adapters with `botcore.adapter` as well, tests with
`botcore.testing`. Importing this package runs nothing.
"""
