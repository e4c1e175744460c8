//! What the tests and benchmarks share: databases, the running service, clients.
