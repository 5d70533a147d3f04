"""Faults thrown at the real processes, the real PostgreSQL and the real Kafka, in real time."""
