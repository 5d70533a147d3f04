"""A measured night: who is awake, who has reported, how many messages that takes (docs/night.md)."""
