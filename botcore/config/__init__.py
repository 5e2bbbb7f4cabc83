"""Typed settings: defaults, then botcore.toml, then the environment; secrets from the environment or `.env` alone.

`load_config()` returns a frozen `Config` or raises `ConfigError` with one line for each thing that is wrong.
"""

from botcore.config.loading import Config, load_config
from botcore.config.sections import (
    PERSONAS,
    AccessSettings,
    BudgetSettings,
    ChatModeration,
    ChatSettings,
    DeliverySettings,
    EndpointSettings,
    FetchSettings,
    HistorySettings,
    LogSettings,
    ModerationSettings,
    Persona,
    PluginSettings,
    Price,
    StoreSettings,
    Strictness,
    ToolSettings,
)

__all__ = [
    "PERSONAS",
    "AccessSettings",
    "BudgetSettings",
    "ChatModeration",
    "ChatSettings",
    "Config",
    "DeliverySettings",
    "EndpointSettings",
    "FetchSettings",
    "HistorySettings",
    "LogSettings",
    "ModerationSettings",
    "Persona",
    "PluginSettings",
    "Price",
    "StoreSettings",
    "Strictness",
    "ToolSettings",
    "load_config",
]
