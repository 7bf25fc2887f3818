# croute.fish - completion of croute(8) for fish.

set -l commands run reconcile confirm validate status interface lookup import snapshot schema doctor \
	flush version help
set -l none "not __fish_seen_subcommand_from $commands"

complete -c croute -f

complete -c croute -n "$none" -a run -d 'the agent: reconcile, watch, repair, until SIGTERM'
complete -c croute -n "$none" -a reconcile -d 'make the kernel\'s routes equal to the file, once'
complete -c croute -n "$none" -a confirm -d 'keep what reconcile --confirm applied, or undo it now'
complete -c croute -n "$none" -a validate -d 'check the file alone; no kernel, no root'
complete -c croute -n "$none" -a status -d 'what the agent last did, and whether it lives and is ready'
complete -c croute -n "$none" -a interface -d 'which interface carries the routes, and why no other'
complete -c croute -n "$none" -a lookup -d 'who owns a pod address, and does the kernel agree'
complete -c croute -n "$none" -a import -d 'make a file from kubectl get nodes, or from flannel\'s'
complete -c croute -n "$none" -a snapshot -d 'print the kernel\'s relevant state, to plan from elsewhere'
complete -c croute -n "$none" -a schema -d 'print a JSON Schema of the file'
complete -c croute -n "$none" -a doctor -d 'check the host'
complete -c croute -n "$none" -a flush -d 'remove every route of croute\'s and nothing else'
complete -c croute -n "$none" -a version -d 'print the version'
complete -c croute -n "$none" -a help -d 'tell of the commands, or of one of them'
complete -c croute -n "$none" -l version -d 'the version'
complete -c croute -n "__fish_seen_subcommand_from help" -a "$commands"

# Every command takes these.
complete -c croute -s c -l config -r -F -d 'the file or directory to read'
complete -c croute -l node -x -d 'be this node'
complete -c croute -s o -l output -x -a 'text json' -d 'the form of the output'
complete -c croute -s v -l verbose -d 'tell more'
complete -c croute -l color -x -a 'auto always never' -d colours
complete -c croute -l status-file -r -F -d 'in place of agent.statusFile'
complete -c croute -l log-level -x -a 'error warn info debug' -d 'what is logged'
complete -c croute -l log-format -x -a 'text json journal' -d 'the form of the log'
complete -c croute -s h -l help -d 'a short help'

set -l reconcile '__fish_seen_subcommand_from reconcile'
complete -c croute -n "$reconcile" -l dry-run -d 'print the plan and change nothing'
complete -c croute -n "$reconcile" -l exit-code -d 'with --dry-run: exit 2 if anything is to do'
complete -c croute -n "$reconcile" -l allow-delete -d 'delete what the guard would hold'
complete -c croute -n "$reconcile" -l against -r -F -d 'plan from another file'
complete -c croute -n "$reconcile" -l kernel-state -r -F -d 'plan from a snapshot'
complete -c croute -n "$reconcile" -l confirm -x -a '60s 5m' -d 'undo it unless croute confirm comes in time'

complete -c croute -n '__fish_seen_subcommand_from confirm' -l undo -d 'do not confirm it: undo it now'

set -l validate '__fish_seen_subcommand_from validate'
complete -c croute -n "$validate" -F
complete -c croute -n "$validate" -l replace -r -F -d 'as if FILE stood there as NAME'

complete -c croute -n '__fish_seen_subcommand_from status' -l check -d 'say nothing; the exit code tells'

set -l import '__fish_seen_subcommand_from import'
complete -c croute -n "$import" -F
complete -c croute -n "$import" -l from -x -a 'kube-nodes flannel' -d 'what it is'
complete -c croute -n "$import" -l address -x -a 'internal flannel' -d 'whose address of a node'
complete -c croute -n "$import" -l serial -x -d 'source.serial of the file'
complete -c croute -n "$import" -l generated-at -x -a now -d 'source.generatedAt of the file'
complete -c croute -n "$import" -l split -x -a 900KiB -d 'in files of at most that'
complete -c croute -n "$import" -l output-dir -x -a '(__fish_complete_directories)' -d 'where the files go'

complete -c croute -n '__fish_seen_subcommand_from doctor' -l peers -d 'ask for the neighbour state of each gateway'
complete -c croute -n '__fish_seen_subcommand_from doctor' -l adopt -d 'whether a takeover from flannel would go well'

set -l flush '__fish_seen_subcommand_from flush'
complete -c croute -n "$flush" -l dry-run -d 'print the plan and change nothing'
complete -c croute -n "$flush" -l protocol -x -d 'kernel.protocol of the routes to remove'
complete -c croute -n "$flush" -l hand-back -x -a flannel -d "leave flannel's routes in their place"
