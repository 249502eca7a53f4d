#pragma once

#include <sys/resource.h>

#include <cstddef>

namespace ebbgate {

/// Raises this process's soft limit of descriptors, as far as it may go and is of use: a burst of
/// commands takes a few each, and the usual limit is made for select(). Before any other thread
/// runs.
void raise_descriptor_limit();

/// The limit that this process was started with. What it executes gets that one back, because a
/// program may rely on small descriptors, or close all that there could be.
const rlimit& original_descriptor_limit();

/// How many descriptors this process may have now.
std::size_t descriptor_limit();

/// How many it has open.
std::size_t open_descriptors();

}  // namespace ebbgate
