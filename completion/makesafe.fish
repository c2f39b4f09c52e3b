# Completes makesafe's targets, their variables and values behind make and `npx makesafe`. In ~/.config/fish/config.fish:
#
#   npx makesafe completion fish | source
#
# fish's own completion of make is asked as well.

function __makesafe_candidates
    set -l words (commandline -opc) (commandline -ct)
    set -e words[1]
    set -l folder $PWD
    # The package in node_modules or in a folder of its own, or makesafe's own repository.
    while true
        for program in "$folder/node_modules/makesafe/bin/makesafe.js" "$folder/.makesafe/node_modules/makesafe/bin/makesafe.js" "$folder/bin/makesafe.js"
            if test -f $program
                node $program complete $words 2>/dev/null
                return
            end
        end
        test $folder = / -o -z "$folder"; and return
        set folder (string replace -r '/[^/]*$' '' -- $folder)
    end
end

complete -c make -a '(__makesafe_candidates)'
complete -c gmake -a '(__makesafe_candidates)'
complete -c npx -n 'set -l typed (commandline -opc); test (count $typed) -gt 1; and test $typed[2] = makesafe' -f -a '(__makesafe_candidates)'
