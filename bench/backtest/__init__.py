"""The shipped book over recorded winters: `python -m bench backtest FOLDER` (docs/backtest.md)."""
