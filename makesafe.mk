# makesafe's tasks, and those of the repository's own tasks/, as targets; for `include` in the repository's makefile.
# No value is expanded here: a task reads ENV and the other variables from its environment and from MAKEFLAGS.
#
#   MAKESAFE_PREFIX := ms-    before the include: targets are called ms-up, ms-down, …
#   MAKESAFE_EXCEPT := up     before the include: tasks that get no target; `npx makesafe up` runs them

makesafe_package := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
# A repository may have other things in tasks/.
makesafe_own := $(patsubst tasks/%.ts,%,$(shell grep -ls defineTask tasks/*.ts))
makesafe_all := $(sort $(makesafe_own) $(patsubst $(makesafe_package)/tasks/%.ts,%,$(wildcard $(makesafe_package)/tasks/*.ts)))
makesafe_own_targets := $(addprefix $(MAKESAFE_PREFIX),$(makesafe_own))
makesafe_targets := $(addprefix $(MAKESAFE_PREFIX),$(filter-out $(MAKESAFE_EXCEPT),$(makesafe_all)))

.PHONY: $(makesafe_targets)
$(makesafe_targets): export MAKECMDGOALS := $(MAKECMDGOALS)
$(makesafe_targets): export MAKESAFE_PREFIX := $(MAKESAFE_PREFIX)
$(makesafe_targets): export MAKESAFE_EXCEPT := $(MAKESAFE_EXCEPT)

# Without exec a shell stands between npx and the task, and takes SIGTERM for itself.
$(filter $(makesafe_own_targets),$(makesafe_targets)): $(MAKESAFE_PREFIX)%:
	@npx --no-install -c 'exec tsx tasks/$*.ts'
$(filter-out $(makesafe_own_targets),$(makesafe_targets)): $(MAKESAFE_PREFIX)%:
	@npx --no-install -c 'exec tsx $(makesafe_package)/tasks/$*.ts'

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
makesafe_before :=
$(foreach goal,$(MAKECMDGOALS),$(if $(findstring $$,$(goal)),,$(if $(makesafe_before),$(eval $(goal): | $(makesafe_before)))$(eval makesafe_before := $$(goal))))
endif
