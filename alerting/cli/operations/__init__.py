"""docs/operations.md: what whoever runs the service looks up, each list from the thing itself: the
typer app, the models of the configs, the loops, the registry of figures, the tables."""

from alerting.cli.operations.page import operations_page

__all__ = ["operations_page"]
