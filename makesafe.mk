# makesafe's tasks, and those of the repository's own tasks/, as targets; for `include` in the repository's makefile.
# No value is expanded here: a task reads ENV and the other variables from its environment and from MAKEFLAGS.
#
#   MAKESAFE_PREFIX := ms-    before the include: targets are called ms-up, ms-down, …
#   MAKESAFE_EXCEPT := up     before the include: tasks that get no target; `npx makesafe up` runs them

makesafe_package := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
# A repository may have other things in tasks/.
makesafe_own := $(patsubst tasks/%.ts,%,$(shell grep -ls defineTask tasks/*.ts))
makesafe_all := $(sort $(makesafe_own) $(patsubst $(makesafe_package)/dist/tasks/%.js,%,$(wildcard $(makesafe_package)/dist/tasks/*.js)))
makesafe_own_targets := $(addprefix $(MAKESAFE_PREFIX),$(makesafe_own))
makesafe_targets := $(addprefix $(MAKESAFE_PREFIX),$(filter-out $(MAKESAFE_EXCEPT),$(makesafe_all)))

.PHONY: $(makesafe_targets)
$(makesafe_targets): export MAKECMDGOALS := $(MAKECMDGOALS)
$(makesafe_targets): export MAKESAFE_PREFIX := $(MAKESAFE_PREFIX)
$(makesafe_targets): export MAKESAFE_EXCEPT := $(MAKESAFE_EXCEPT)

# What stands beside help is its TASK, and is not run. Targets that are not ours could not be kept from running.
makesafe_asked :=
makesafe_help := $(filter $(MAKESAFE_PREFIX)help,$(makesafe_targets))
ifneq ($(filter $(MAKESAFE_PREFIX)help help,$(MAKECMDGOALS)),)
makesafe_asked := $(filter-out $(MAKESAFE_PREFIX)help help,$(MAKECMDGOALS))
makesafe_foreign := $(firstword $(filter-out $(makesafe_targets),$(makesafe_asked)))
ifeq ($(filter $(makesafe_help),$(MAKECMDGOALS)),)
ifneq ($(filter $(makesafe_targets),$(makesafe_asked)),)
$(error [error] help is no target of makesafe here, and $(firstword $(filter $(makesafe_targets),$(makesafe_asked))) would be run: nothing was run. [next] npx makesafe help $(patsubst $(MAKESAFE_PREFIX)%,%,$(firstword $(filter $(makesafe_targets),$(makesafe_asked)))))
endif
else ifneq ($(makesafe_foreign),)
$(error [error] $(makesafe_foreign) is no target of makesafe, and make would run it: nothing was run. [next] npx makesafe help $(makesafe_foreign))
endif
endif
$(filter $(makesafe_asked),$(makesafe_targets)): ; @:

# node itself, which finds what the package needs wherever npm, pnpm or yarn have put it. No shell stands between make and
# it, which would take SIGTERM for itself.
$(filter-out $(makesafe_asked),$(makesafe_targets)): $(MAKESAFE_PREFIX)%:
	@node $(makesafe_package)/bin/makesafe.js $*

# Goals are made in the order in which they were typed, one after the other, whatever -j and -k say: each waits for the one
# in front of it, and is not made where that one failed. What takes that away is refused before anything runs: -i goes on
# after a failure, -t makes nothing and says that it did, and of a goal that is typed twice make forgets the second one.
# (What -O would take away, a task refuses itself: make does not say it earlier.)
ifneq ($(filter $(makesafe_targets),$(MAKECMDGOALS)),)
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
ifneq ($(if $(makesafe_asked),,$(word 2,$(MAKECMDGOALS))),)
makesafe_first := $(addprefix $(MAKESAFE_PREFIX),$(basename $(notdir $(shell grep -lE '(^|[ {,])(destructive|firstGoalOnly):' $(makesafe_own:%=tasks/%.ts) $(makesafe_package)/dist/tasks/*.js))))
makesafe_late := $(firstword $(filter $(filter $(makesafe_first),$(makesafe_targets)),$(wordlist 2,$(words $(MAKECMDGOALS)),$(MAKECMDGOALS))))
ifneq ($(makesafe_late),)
$(error [error] $(makesafe_late) destroys or stops, and runs as the first goal only: nothing was run. [next] make $(makesafe_late), on a line of its own)
endif
endif
# Theirs may stand behind ours, under its name: help, which is made first, fails then.
$(makesafe_asked): | $(makesafe_help)
makesafe_before :=
$(foreach goal,$(if $(makesafe_asked),,$(MAKECMDGOALS)),$(if $(findstring $$,$(goal)),,$(if $(makesafe_before),$(eval $(goal): | $(makesafe_before)))$(eval makesafe_before := $$(goal))))
endif
