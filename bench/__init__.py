"""What is measured, against what, and how: `python -m bench [engine | ingest]`, figures in docs."""
