.PHONY: help demo console check test lint bench bench-scale profile openapi fuzz screenshots clients clients-check

help: ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

demo: ## run the service and the Entra simulator with the sample sheet
	cargo run --profile demo -p demo

console: ## run the console with the Entra simulator, to be clicked through
	scripts/console

check: ## the fast lane: the library's tests and the contract of the stores on SQLite
	scripts/check

test: ## run all tests; installs and starts what they need
	scripts/test

lint: ## formatting, clippy, documentation, the console, dependencies
	scripts/lint

bench: ## measure; see docs/benchmarks.md
	scripts/bench

profile: ## count the instructions of GET /v1/me; see docs/benchmarks.md
	scripts/profile

fuzz: ## eleven minutes for each fuzz target; see docs/fuzzing.md
	scripts/fuzz

bench-scale: ## measure up to ten million mappings
	BENCH_PARTS=scale BENCH_SCALE=full scripts/bench

openapi: ## write the OpenAPI document from the handlers
	@mkdir -p target
	cargo run --quiet --bin signline -- openapi > target/signline.json
	mv target/signline.json openapi/signline.json

clients: ## write the client packages' generated parts from the OpenAPI document
	scripts/clients

clients-check: ## see that the document makes clients in C#, Go, Java, Kotlin and Rust; needs Java 17
	scripts/clients-check

screenshots: ## draw the pictures of the console in docs/images/ anew
	scripts/screenshots
