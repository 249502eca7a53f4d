#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controller/observer.h"
#include "controller/provider.h"
#include "controller/settings.h"

namespace ebbgate {

/// Whether this process decides, and who else does.
struct Leadership {
  bool elected = false;  ///< whether there is an election at all
  bool leading = true;
  std::string leader;  ///< identity of who leads, as last seen; empty: nobody, or not known
};

/// Configuration that is being read, and takes longer than it should.
struct LongRead {
  std::string reference;
  Duration so_far{};
  bool first = false;    ///< what it holds is not known before that ends
  bool overdue = false;  ///< somebody should look into it
  std::vector<WorkloadKey> workloads;
};

/// A provider with everything that belongs to it in a process: its metrics, logs, connections, and
/// who leads. One thread starts, reconfigures and stops it.
class ProviderRuntime {
 public:
  virtual ~ProviderRuntime() = default;

  virtual Provider& provider() = 0;
  /// Who is told what the controller does, beside logs and metrics; may be null.
  virtual Observer* observer() { return nullptr; }
  /// Begins a term, now or when this process is elected.
  virtual void start() = 0;
  virtual void reconfigure(const Settings& settings) = 0;
  /// Ends the provider as Provider::stop(), then lets another process lead.
  virtual void stop(Duration patience) = 0;
  /// Any thread; never blocks for longer than a look.
  virtual Leadership leadership() { return {}; }
  /// The cluster whose workloads it minds, for people; empty: those of this host.
  virtual std::string cluster() const { return ""; }
  /// What somebody should mend, for people: permissions that are missing. Any thread.
  virtual std::vector<std::string> problems() { return {}; }
  /// Any thread.
  virtual std::vector<LongRead> long_reads() { return {}; }
  /// References that count as absent for what they are, each with a word for that. Any thread.
  virtual std::map<std::string, std::string> passed_over() { return {}; }
  /// After stop(): whether threads are left that touch nothing of the process but cannot be ended,
  /// so that it must end by _exit().
  virtual bool left_threads() const { return false; }
  /// Brings up to date what is only looked at for a scrape. Any thread.
  virtual void refresh_metrics() {}
};

}  // namespace ebbgate
