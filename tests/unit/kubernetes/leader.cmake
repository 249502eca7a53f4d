ebbgate_test(kubernetes_leader_test LABEL unit
  SOURCES leader_election_test.cpp leader_lease_test.cpp leader_property_test.cpp
  DEPENDS ebbgate_kubernetes_leader nlohmann_json::nlohmann_json rapidcheck)
