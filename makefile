# Each file in tasks/ is a target of its name. No value is expanded here: the task reads ENV and the other variables
# from its environment and from MAKEFLAGS.

.DEFAULT_GOAL := help
tasks := $(patsubst tasks/%.ts,%,$(wildcard tasks/*.ts))
# The unknown target is found in it.
export MAKECMDGOALS

.PHONY: $(tasks)
# TSX='node --import tsx', typed or exported, is what runs a task in place of npx and tsx.
# Without exec a shell stands between npx and the task, and takes SIGTERM for itself.
task = $(if $(TSX),exec $(TSX) $1,npx --no-install -c 'exec tsx $1')
# A goal that does not exist stops all others, before any of them runs: it may be ENV=… mistyped.
# What stands beside help is its TASK, and is not run.
asked := $(if $(filter help,$(MAKECMDGOALS)),$(filter-out help,$(MAKECMDGOALS)))
$(tasks): %: node_modules/.package-lock.json | $(filter-out $(tasks),$(MAKECMDGOALS))
$(filter-out $(asked),$(tasks)): %:
	@$(call task,tasks/$@.ts)
$(filter $(asked),$(tasks)): ; @:

node_modules/.package-lock.json: package-lock.json
	@echo '[info] installing the dependencies (npm ci)' >&2
	@{ if [ -t 2 ]; then npm ci --progress=true --fetch-retries=0; else npm ci --loglevel=silent --fetch-retries=0; fi; } >&2 || \
	  { echo '[error] the dependencies could not be installed; is the package registry reachable?' >&2; \
	    echo "[next] npm ci, which shows npm's own message" >&2; exit 69; }
	@touch node_modules/.package-lock.json

.DEFAULT: node_modules/.package-lock.json
	@$(call task,tasks/help.ts)

# Without a rule make would search one for its own makefile.
makefile package-lock.json: ;

# Goals are made in the order in which they were typed, one after the other, whatever -j and -k say: each waits for the one
# in front of it, and is not made where that one failed. What takes that away is refused before anything runs: -i goes on
# after a failure, -t makes nothing and says that it did, and of a goal that is typed twice make forgets the second one.
# (What -O would take away, a task refuses itself: make does not say it earlier.)
ifneq ($(filter $(tasks),$(MAKECMDGOALS)),)
makesafe_flags :=
makesafe_rest :=
# Behind -- are variables. Flags of one letter are the first word, without a dash.
$(foreach word,-$(MAKEFLAGS),$(if $(makesafe_rest),,$(if $(filter --,$(word)),$(eval makesafe_rest := 1),$(eval makesafe_flags += $$(word)))))
makesafe_letters := $(filter-out --%,$(firstword $(makesafe_flags)))
ifneq ($(findstring i,$(makesafe_letters)),)
$(error [error] make -i goes on where a task has failed: nothing was run. [next] the same without -i (look at MAKEFLAGS and GNUMAKEFLAGS, too))
endif
ifneq ($(findstring t,$(makesafe_letters)),)
$(error [error] make -t runs no task: nothing was run. [next] the same without -t (look at MAKEFLAGS and GNUMAKEFLAGS, too))
endif
ifneq ($(words $(MAKECMDGOALS)),$(words $(sort $(MAKECMDGOALS))))
$(error [error] make runs a goal once, and one was typed twice: nothing was run. [next] one line for each time)
endif
# Behind another goal a name may be meant as a word: `make logs down`.
ifneq ($(if $(asked),,$(word 2,$(MAKECMDGOALS))),)
makesafe_first := $(patsubst tasks/%.ts,%,$(shell grep -lE '(^|[ {,])(destructive|firstGoalOnly):' tasks/*.ts))
makesafe_late := $(firstword $(filter $(makesafe_first),$(wordlist 2,$(words $(MAKECMDGOALS)),$(MAKECMDGOALS))))
ifneq ($(makesafe_late),)
$(error [error] $(makesafe_late) destroys or stops, and runs as the first goal only: nothing was run. [next] make $(makesafe_late), on a line of its own)
endif
endif
makesafe_before :=
$(foreach goal,$(filter $(tasks),$(MAKECMDGOALS)),$(if $(findstring $$,$(goal)),,$(if $(makesafe_before),$(eval $(goal): | $(makesafe_before)))$(eval makesafe_before := $$(goal))))
endif
