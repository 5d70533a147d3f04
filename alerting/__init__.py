"""suian (岁安): weather and seasonal risk alerts, called until they are answered."""

__version__ = "0.1.0"
