.PHONY: demo help setup build test lint format clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    install what is needed and try the gateway (make demo ARGS=--once: the tour alone)"
	@echo "make test    install what is needed, check and run every test"
	@echo "make build   compile both packages"
	@echo "make format  format the sources"
	@echo "make clean   remove what was built"

node_modules/.ready: package.json package-lock.json packages/middleware/package.json packages/gateway/package.json
	@echo "== installing dependencies"
	npm ci --no-audit --no-fund
	@touch $@

setup: node_modules/.ready

build: setup
	@echo "== compiling"
	npx tsc -b packages/middleware packages/gateway

demo: build
	@node packages/gateway/dist/cli/main.js demo $(ARGS)

lint: setup
	@echo "== formatting, lint, import directions"
	npx prettier --check --log-level warn .
	npx eslint .
	npm run --silent imports

test: build lint
	@echo "== types of the tests"
	npx tsc -p tsconfig.test.json
	@echo "== tests"
	npx vitest run

format: setup
	npx prettier --write --log-level warn .

clean:
	rm -rf packages/*/dist packages/*/tsconfig.tsbuildinfo packages/*/*.tsbuildinfo
