#!/bin/bash
# test_prometheus.sh - the alerting rules do as they say, and no rule is untested; the dashboard is
# one that Grafana can show.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=../cli/lib.sh
. "$(dirname "$0")/../cli/lib.sh"
PROMTOOL=$(command -v promtool || echo "$ROOT/build/tools/usr/bin/promtool")
[ -x "$PROMTOOL" ] || skip_all 'no promtool'
python3 -c 'import yaml' 2>/dev/null || skip_all 'no yaml for python3'
cp "$ROOT"/packaging/prometheus/*.yml "$WORK"
cd "$WORK" || exit 1

queries() {
	run python3 "$ROOT/tests/packaging/queries.py" "$@"
}

run "$PROMTOOL" check rules croute.rules.yml
check 'promtool takes the rules' exits 0
run "$PROMTOOL" test rules croute.rules.test.yml
check 'each alert fires when it should, and no other' exits 0

# red_without ALERT [for]: the tests notice that the alert is dead, or that it does not wait.
red_without() {
	queries without "$@" || return
	cp stdout croute.rules.yml
	run "$PROMTOOL" test rules "$1.yml"
	exits 1 && [[ $OUT$ERR == *FAILED* ]]
}
queries alerts
ALERTS=$OUT
for alert in $ALERTS; do
	queries tests "$alert"
	cp stdout "$alert.yml"
	check "the tests miss $alert when it is gone" red_without "$alert"
	check "and notice when it does not wait" red_without "$alert" for
done

queries commands
COMMANDS=$OUT
known() {
	local command

	for command in $COMMANDS; do
		"$CROUTE" help "$command" >/dev/null 2>&1 || return
	done
}
check 'each alert says which command to type next' all_of exits\ 0 '[ -n "$COMMANDS" ]' known
runbooks() {
	local alert

	for alert in $ALERTS; do
		grep -qx "      runbook: packaging/TROUBLESHOOTING.md#${alert,,}" croute.rules.yml &&
			grep -qx "### $alert" "$ROOT/packaging/TROUBLESHOOTING.md" || return
	done
}
cp "$ROOT/packaging/prometheus/croute.rules.yml" .
check 'each alert has its entry in TROUBLESHOOTING.md, and a link to it' runbooks
# Each word that status has for a problem stands in the table of problems.
words_stand() {
	local word

	for word in $(awk '/^static const struct trouble/,/^};/' "$ROOT/src/app/status/status.c" |
		grep -oE '\{"[a-z]+"' | tr -d '{"'); do
		grep -q "^| \`$word\` |" "$ROOT/packaging/TROUBLESHOOTING.md" || return
	done
}
check 'and each problem of croute status stands there' words_stand
severities() { grep -cE 'severity: (critical|warning)}$' "$ROOT/packaging/prometheus/croute.rules.yml"; }
check 'and how bad it is' [ "$(severities)" = "$(wc -w <<<"$ALERTS")" ]

# Debian's promtool knows nothing of Kubernetes: a list of hosts stands in for the nodes' discovery.
scrape_blocks() {
	sed 's/kubernetes_sd_configs/static_configs/; s/role: node/targets: [host]/' \
		"$ROOT/packaging/prometheus/README.md" | awk '
		/^```yaml/ { file = "block-" ++n ".yml"; next }
		/^```/ { file = "" }
		file { print > file }'
}
# scrapes_are_taken: by promtool; those blocks that are of croute's own file apart.
scrapes_are_taken() {
	local file

	for file in block-*.yml; do
		head -n 1 "$file" | grep scrape_configs >/dev/null || continue
		run "$PROMTOOL" check config "$file"
		exits 0 || return
	done
}
scrape_blocks
check 'promtool takes the scrape configurations of the README' all_of \
	'[ "$(cat block-*.yml | grep -c ^scrape_configs)" = 2 ]' scrapes_are_taken

run jq -e '.uid == "croute" and .schemaVersion > 36' "$ROOT/packaging/grafana/croute.json"
check 'the dashboard is JSON that Grafana knows again' exits 0
queries layout
check 'each panel has a place, a name and queries of its own' all_of 'exits 0' '[ -z "$OUT" ]'
queries rules
cp stdout all.yml
run "$PROMTOOL" check rules all.yml
check 'promtool takes all queries of the dashboard' exits 0
finish
