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
