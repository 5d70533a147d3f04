"""What `suian check` looks for in a book: one module a family of findings."""
