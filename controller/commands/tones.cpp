#include "controller/commands/tones.h"

namespace ebbgate::commands {

Tone tone_of_state(const std::string& state) {
  if (state == "idle" || state == "rolling") return Tone::plain;
  if (state == "failing" || state == "missing" || state == "unhealthy") return Tone::bad;
  if (state == "updating") return Tone::busy;
  return Tone::waiting;
}

Tone tone_of_event(const std::string& event) {
  if (event == "applied" || event == "ready") return Tone::good;
  if (event == "refused" || event == "failed") return Tone::bad;
  if (event == "unknown" || event == "wait") return Tone::waiting;
  if (event == "sent") return Tone::busy;
  return Tone::plain;
}

}  // namespace ebbgate::commands
