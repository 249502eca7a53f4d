#!/bin/sh
# The server of the demonstration: its page shows the files as they were at its last reload.
set -eu
ln -sfn /opt/demo/cgi-bin /www/cgi-bin
REQUEST_METHOD=POST /www/cgi-bin/reload >/dev/null
exec httpd -f -p 8080 -h /www
