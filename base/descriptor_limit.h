#pragma once

#include <sys/resource.h>

namespace ebbgate {

/// Raises this process's soft limit of descriptors, as far as it may go and is of use: a burst of
/// commands takes a few each, and the usual limit is made for select(). Before any other thread
/// runs.
void raise_descriptor_limit();

/// The limit that this process was started with. What it executes gets that one back, because a
/// program may rely on small descriptors, or close all that there could be.
const rlimit& original_descriptor_limit();

}  // namespace ebbgate
