"""The loops that make a running service of the rooms below; no rule of the field lives here."""
