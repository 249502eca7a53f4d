#pragma once

/// What a process gets from whoever started it, put right before anything else happens.
namespace ebbgate {

/// Opens descriptors 0, 1 and 2 on /dev/null where they are closed: what is opened next would get
/// their numbers, and what is printed. Writing to a standard output that was closed goes on to
/// fail. False where that cannot be done.
bool open_standard_descriptors();

enum class Lifetime {
  /// Does one thing and ends. SIGHUP, SIGINT, SIGQUIT and SIGPIPE stay ignored: with `nohup`, a
  /// shell's `&` and the like somebody wanted that.
  command,
  service  ///< runs until it is told to end; SIGHUP waits until it is asked for
};

/// Lets every signal that somebody had ignored or blocked have its usual effect. A process whose
/// SIGCHLD is ignored never learns how a command ended.
void reset_signals(Lifetime lifetime);

/// Whether this process may leave its memory behind when it crashes, and show it to other processes
/// of its user: credentials are in it. Executing a program resets it to yes.
void allow_core_dumps(bool allowed);

}  // namespace ebbgate
