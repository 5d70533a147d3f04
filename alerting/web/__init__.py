"""The API, the pages and the providers' callbacks, all on one event loop with dispatch and chase."""
