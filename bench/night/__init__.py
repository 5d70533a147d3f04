"""A measured night: who is awake, who has reported, and how many messages that takes (docs/night.md)."""
