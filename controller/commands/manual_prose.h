#pragma once

/// The parts of the man page that help does not have, in mdoc: what stands before the commands and
/// what stands behind the settings.
namespace ebbgate::commands {

extern const char* const kManualBegin;
extern const char* const kManualEnd;

}  // namespace ebbgate::commands
