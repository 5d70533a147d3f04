"""The pages' templates and their one style sheet; a package, so that they are installed."""
