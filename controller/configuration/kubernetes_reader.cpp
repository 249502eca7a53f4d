#include "controller/configuration/kubernetes_reader.h"

#include "base/text.h"
#include "controller/configuration/values.h"
#include "controller/configuration/word_list.h"
#include "controller/kubernetes/update_deadline.h"

namespace ebbgate::configuration {

namespace {

const std::vector<std::string> kHonored = {"wave", "reloader"};

}  // namespace

std::vector<std::string> read_namespaces(const Entry& list, Problems& problems) {
  return read_words(list, "kubernetes.namespaces", problems, [](const std::string& text) {
    std::string value;
    return read_namespace(text, value);
  });
}

void read_honor(const Entry& list, Problems& problems, KubernetesSettings& settings) {
  settings.honor_wave = false;
  settings.honor_reloader = false;
  const auto read = [](const std::string& text) {
    std::size_t index = 0;
    return read_choice(text, kHonored, index);
  };
  for (const std::string& word : read_words(list, "kubernetes.honor", problems, read)) {
    (word == kHonored.front() ? settings.honor_wave : settings.honor_reloader) = true;
  }
}

std::vector<std::string> honor_words(const KubernetesSettings& settings) {
  std::vector<std::string> words;
  if (settings.honor_wave) words.push_back(kHonored[0]);
  if (settings.honor_reloader) words.push_back(kHonored[1]);
  return words;
}

std::vector<std::string> validate(const KubernetesSettings& settings) {
  std::vector<std::string> problems;
  const LeaderElectionSettings& election = settings.leader_election;
  const std::string prefix = "kubernetes.leader_election.";
  if (election.duration <= kubernetes::kPatchDeadline) {
    problems.push_back(prefix + "duration: must be more than " +
                       format_duration(kubernetes::kPatchDeadline) +
                       ", which is how long an update may take");
  } else if (election.duration % std::chrono::seconds(1) != Duration::zero()) {
    problems.push_back(prefix + "duration: must be whole seconds, as the Lease tells it to others");
  }
  if (election.duration <= election.renew) {
    problems.push_back(prefix + "duration: must exceed " + prefix + "renew (" +
                       format_duration(election.renew) + ")");
  }
  // Waits between attempts are up to a fifth longer.
  if (election.renew <= election.retry + election.retry / 5) {
    problems.push_back(prefix + "renew: must exceed 1.2 times " + prefix + "retry (" +
                       format_duration(election.retry) + ")");
  }
  return problems;
}

}  // namespace ebbgate::configuration
