#!/bin/sh
# storm.sh SECONDS: changes a file of the demonstration 10 times a second.
set -eu
changes=$(($1 * 10))
echo "storm: $changes changes in about $1 s: the demo reloads after 1 s, 2 s, 4 s, 8 s …"
change=0
while [ "$change" -lt "$changes" ]; do
  change=$((change + 1))
  # Nobody reads it half: it comes by a rename, and Ebbgate passes over names that end in ~.
  echo "storm, change $change of $changes" >/srv/storm/storm.txt~
  mv /srv/storm/storm.txt~ /srv/storm/storm.txt
  sleep 0.1
done
echo "storm: over. The last change arrives when its wait is over."
