#pragma once

#include "controller/provider.h"
#include "controller/settings.h"

namespace ebbgate::local {

/// Sends the signal to the process that the pid file names: applied, or refused with what is wrong.
/// Reads a small local file and never waits.
///
/// The pid may have become another process's since the file was written. A process that wrote its
/// own pid started before it did so; hence one that started more than two seconds after the file's
/// last modification is a stranger and gets nothing. /proc tells the start in ticks since boot, the
/// file its time by the wall clock; the start is therefore reckoned back from what both clocks say
/// now. The two seconds allow for file systems that round times and for a clock that is being
/// slewed. A wall clock that was set forward after the file was written makes a stranger of the
/// right process, and every update is refused until the file is written anew: the safe side.
Answer send_signal(const SignalUpdate& update);

}  // namespace ebbgate::local
