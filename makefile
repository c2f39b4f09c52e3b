# Each file in tasks/ is a target of its name. No value is expanded here: the task reads ENV and the other variables
# from its environment and from MAKEFLAGS.

.DEFAULT_GOAL := help
tasks := $(patsubst tasks/%.ts,%,$(wildcard tasks/*.ts))
# The unknown target is found in it.
export MAKECMDGOALS

.PHONY: $(tasks)
# Without exec a shell stands between npx and the task, and takes SIGTERM for itself.
# A goal that does not exist stops all others, before any of them runs: it may be ENV=… mistyped.
$(tasks): %: node_modules/.package-lock.json | $(filter-out $(tasks),$(MAKECMDGOALS))
	@npx --no-install -c 'exec tsx tasks/$@.ts'

node_modules/.package-lock.json: package-lock.json
	@echo '[info] installing the dependencies (npm ci)' >&2
	@npm ci --loglevel=silent --fetch-retries=0 >&2 || \
	  { echo '[error] the dependencies could not be installed; is the package registry reachable?' >&2; \
	    echo "[next] npm ci, which shows npm's own message" >&2; exit 69; }
	@touch node_modules/.package-lock.json

.DEFAULT: node_modules/.package-lock.json
	@npx --no-install tsx tasks/help.ts

# Without a rule make would search one for its own makefile.
makefile package-lock.json: ;
