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

# Files stand behind a = only where nothing better is known.
function __makesafe_offers
    set -g __makesafe_offered (__makesafe_candidates)
    test (count $__makesafe_offered) -gt 0
end

complete -c make -n __makesafe_offers -f -a '$__makesafe_offered'
complete -c gmake -n __makesafe_offers -f -a '$__makesafe_offered'
complete -c npx -n 'set -l typed (commandline -opc); test (count $typed) -gt 1; and test $typed[2] = makesafe' -f -a '(__makesafe_candidates)'
