#include "controller/commands/manual_prose.h"

namespace ebbgate::commands {

const char* const kManualBegin = R"mdoc(.Dd November 29, 2026
.Dt EBBGATE 1
.Os
.Sh NAME
.Nm ebbgate
.Nd roll workloads out when their configuration changes, never faster than they can bear
.Sh SYNOPSIS
.Nm
.Ar command
.Op Ar options
.Op Ar argument
.Nm
.Fl Fl help | Fl Fl version | Cm help | Cm version
.Sh DESCRIPTION
.Nm
watches the configuration of workloads and updates them when it changes:
Deployments, StatefulSets and DaemonSets of Kubernetes when their ConfigMaps and
Secrets change, and programs on plain hosts when their files change.
Each further update of a workload waits longer than the one before; rest forgives.
The waits survive restarts, crashes and lost databases.
.Pp
.Nm Cm run
is the controller.
.Nm Cm status
shows what waits,
.Nm Cm explain
why and until when, and
.Nm Cm release
lets an update go now.
.Pp
A workload is written
.Ar NAMESPACE/KIND/NAME ,
such as
.Li default/Deployment/web ;
those of plain hosts have the kind
.Li Local .
Where one workload alone is called so,
.Ar KIND/NAME ,
.Ar NAMESPACE/NAME
or
.Ar NAME
will do.
)mdoc";

const char* const kManualEnd = R"mdoc(.Sh OUTPUT
On a terminal,
.Cm status
and
.Cm explain
are coloured and fit the window.
.Cm status
lists what is wrong first, then what waits; more than twenty idle workloads are only counted, unless
.Fl Fl all
or
.Fl Fl state
is given.
To a pipe or a file goes plain text, of any width, with all workloads.
.Pp
With
.Fl Fl watch
a terminal is repainted in place, once a second, below a line that says what is looked at and when;
a pipe gets one block below the other, or with
.Fl Fl json
one line for each look.
While
.Nm
does not answer, what was seen last stays, and it is said since when it is old.
Only a first look that fails ends a watch.
.Sh SIGNALS
.Bl -tag -width Ds
.It Dv SIGTERM , SIGINT
End
.Nm Cm run
cleanly, within five seconds, and end a watch.
.It Dv SIGHUP
Lets
.Nm Cm run
read its configuration anew.
Where the new one is wrong, or changes what needs a restart, the old one stays in force, and the log
says why.
.El
.Sh ENVIRONMENT
.Bl -tag -width Ds
.It Ev EBBGATE_...
Each setting, in capitals and with _ for each dot:
.Ev EBBGATE_BACKOFF_MAX
is
.Fl Fl backoff.max .
A flag beats the variable, the variable beats the file.
.It Ev KUBECONFIG
How to reach a cluster, where
.Fl Fl kubernetes.kubeconfig
is empty and the process runs in none.
.It Ev NO_COLOR
If set and not empty, nothing is coloured.
.It Ev TERM
If
.Li dumb
or not set, a terminal gets plain text, one block below the other.
.It Ev COLUMNS , LINES
The size of a terminal that does not tell it.
.El
.Sh FILES
.Bl -tag -width Ds
.It Pa ebbgate.db
The database, which remembers levels and history
.Pq Fl Fl database .
Beside it lie its log and a lock file, which are part of it:
.Nm Cm backup
copies them, also while they are in use.
.It Pa ~/.kube/config
How to reach a cluster, if nothing else says so.
.El
.Sh EXIT STATUS
.Bl -tag -width Ds
.It 0
Fine.
.It 1
Failed: nothing answers, there is no such workload, the database cannot be used.
.It 2
Wrong usage or configuration; every error is told, with its place.
.El
.Pp
A watch that a signal ends is ended by that signal.
.Sh EXAMPLES
Say all that is wrong with a configuration, or what is in force:
.Pp
.Dl $ ebbgate check --config ebbgate.yaml
.Pp
Run, and look at what waits:
.Pp
.Dl $ ebbgate run --config ebbgate.yaml
.Dl $ ebbgate status --watch
.Pp
Why does one workload wait, and let it go:
.Pp
.Dl $ ebbgate explain default/Local/web
.Dl $ ebbgate release default/Local/web --config ebbgate.yaml
.Pp
Copy the database while it is in use:
.Pp
.Dl $ ebbgate backup ebbgate-backup.db --config ebbgate.yaml
.Pp
The waiting workloads, for a script:
.Pp
.Dl $ ebbgate status --state waiting --json
.Pp
Let the shell complete commands, flags and workloads:
.Pp
.Dl $ source <(ebbgate completion bash)
)mdoc";

}  // namespace ebbgate::commands
