ebbgate_library(ebbgate_kubernetes_leader
  SOURCES leader_election.cpp lease.cpp lease_record.cpp
  DEPENDS ebbgate_base
  PRIVATE_DEPENDS nlohmann_json::nlohmann_json Threads::Threads)
