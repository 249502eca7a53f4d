// Stands for an Ebbgate that is killed: prepares a command, sends it where told to, prints the
// attempt's witness and waits for the end.
// Usage: update_helper prepare|send PROGRAM [ARGUMENT…]

#include <unistd.h>

#include <cstdio>
#include <future>
#include <string>
#include <vector>

#include "controller/local/updater.h"

namespace {

class Listener final : public ebbgate::ProviderListener {
 public:
  void observed(ebbgate::Observation) override {}
  void gone(const ebbgate::WorkloadKey&) override {}
  void listed() override {}
  void prepared(ebbgate::AttemptId, std::string witness) override { witness_.set_value(witness); }
  void answered(ebbgate::AttemptId, ebbgate::Answer) override {}
  void rolled_out(const ebbgate::WorkloadKey&, bool, std::string) override {}

  std::string witness() { return witness_.get_future().get(); }

 private:
  std::promise<std::string> witness_;
};

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  Listener listener;
  ebbgate::local::Updater updater(listener, [](const std::string&) {});
  ebbgate::LocalWorkload workload;
  workload.name = "web";
  workload.update.exec.assign(arguments + 2, arguments + count);
  workload.update.timeout = std::chrono::hours(1);
  updater.prepare({1, ebbgate::local::Updater::key_of(workload), 1}, workload);
  const std::string witness = listener.witness();
  if (std::string(arguments[1]) == "send") updater.send(1, {});
  std::puts(witness.c_str());
  std::fflush(stdout);
  while (true) pause();
}
