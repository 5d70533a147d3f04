"""The sentinel: a second, tiny process on another machine, which calls the duty list by its own way
when the service falls silent or says of itself that it stands still. It knows no database."""
